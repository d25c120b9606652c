/** How this browser's clock compares with the server's; said aloud only where it matters. */
import { Icon } from '../../components/Icon';
import { formatSeconds } from '../../format/number';
import { offset, WORTH_SAYING_S } from '../../state/clock';

export function BrowserClock() {
  const measured = offset.value;
  if (measured === undefined) return <p class="muted small"> </p>;
  const away = Math.abs(measured.seconds);
  const margin = formatSeconds(measured.error);
  if (away - measured.error < WORTH_SAYING_S)
    return (
      <p class="muted small">
        Your clock and this server's agree within {formatSeconds(Math.max(away, measured.error))}.
      </p>
    );
  return (
    <p class="warn inline" role="status">
      <Icon name="warn" />
      <span>
        Your clock is {formatSeconds(away)} {measured.seconds < 0 ? 'behind' : 'ahead of'} this server's (± {margin}).
        Times here are the server's; set up NTP.
      </span>
    </p>
  );
}
