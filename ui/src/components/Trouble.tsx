/** What went wrong and what to do, in the place where the data would be. */
import type { Failure } from '../api/failure';
import { visible } from '../format/series';
import { Icon } from './Icon';

const MESSAGE_MAX = 2000;

export function Trouble({ failure }: { failure: Failure }) {
  return (
    <div class="trouble" role="alert">
      <Icon name="bad" />
      <div>
        <p class="trouble-what">{visible(failure.what, MESSAGE_MAX)}</p>
        <p class="muted">{failure.advice}</p>
      </div>
    </div>
  );
}

/** What the server remarked about an answer. */
export function Remarks({ texts }: { texts: readonly string[] | undefined }) {
  if (texts === undefined || texts.length === 0) return null;
  return (
    <ul class="remarks">
      {texts.map((text) => (
        <li key={text}>
          <Icon name="warn" /> {visible(text, MESSAGE_MAX)}
        </li>
      ))}
    </ul>
  );
}
