/** A moment, in the chosen zone; hovering tells how long ago it was when it was drawn. */
import { formatAgo, formatMoment } from '../format/time';

export function Moment({ ms }: { ms: number | undefined }) {
  if (ms === undefined) return <span class="muted">never</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatAgo(ms, Date.now())}>
      {formatMoment(ms)}
    </time>
  );
}
