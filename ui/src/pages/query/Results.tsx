/** What surrounds every kind of result: remarks, what is left out, and what it took. */
import { Remarks } from '../../components/Trouble';
import { Icon } from '../../components/Icon';
import { formatCount, formatSeconds, plural } from '../../format/number';
import { visible } from '../../format/series';
import type { Answer } from './answer/answer';

const NONE: readonly string[] = [];
/** The server's remark on an answer that is longer than was asked for; the page says it in its own words. */
const TRUNCATED = 'results truncated due to limit';

export function Notes({
  warnings = NONE,
  infos = NONE,
}: {
  warnings?: readonly string[] | undefined;
  infos?: readonly string[] | undefined;
}) {
  return (
    <>
      <Remarks texts={warnings.filter((text) => text !== TRUNCATED)} />
      {infos.length > 0 && (
        <ul class="infos">
          {infos.map((text) => (
            <li key={text}>
              <Icon name="info" /> {visible(text, 2000)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export interface LeftOutProps {
  answer: Answer;
  warnings: readonly string[] | undefined;
  onAll: () => void;
}

/** What of the answer is not here, and how to get it or something better. */
export function LeftOut({ answer, warnings, onAll }: LeftOutProps) {
  const { series, total } = answer;
  const isCutByServer = warnings?.includes(TRUNCATED) === true;
  if (!isCutByServer && total === series.length) return null;
  return (
    <p class="left-out" role="note">
      <Icon name="warn" />
      <span>
        {total > series.length
          ? `The answer has ${formatCount(total)} series; the page keeps the first ${formatCount(series.length)}.`
          : `The answer has more series; these are the first ${formatCount(series.length)}.`}{' '}
        Aggregate with sum by (…), take topk(…), or add label matchers.
      </span>
      {isCutByServer && (
        <button type="button" class="button small" onClick={onAll}>
          Ask for all
        </button>
      )}
    </p>
  );
}

/** What came and how long it took. */
export function Took({ answer: { total, points, tookMs, stats, type } }: { answer: Answer }) {
  const parts = [
    type === 'vector' || type === 'matrix' ? plural(total, 'series', 'series') : undefined,
    plural(points, 'point'),
    `${formatSeconds(Math.max(tookMs, 1) / 1000)} in all`,
    stats.evalS === undefined ? undefined : `${formatSeconds(stats.evalS)} in the server`,
    stats.samples === undefined ? undefined : `${plural(stats.samples, 'sample')} read`,
  ];
  return <p class="took muted small">{parts.filter((part) => part !== undefined).join(' · ')}</p>;
}
