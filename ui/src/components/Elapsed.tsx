/** How long something has lasted, counting on; pointing at it tells since when. */
import { formatSeconds } from '../format/number';
import { formatAgo, formatMoment } from '../format/time';
import { useNow } from '../state/ticking';

export interface ElapsedProps {
  /** In milliseconds. */
  since: number | undefined;
  /** When it ended; nothing while it lasts. */
  until?: number | undefined;
}

export function Elapsed({ since, until }: ElapsedProps) {
  const now = useNow();
  if (since === undefined) return <span class="muted">–</span>;
  const seconds = Math.max(((until ?? now) - since) / 1000, 0);
  return (
    <time dateTime={new Date(since).toISOString()} title={`since ${formatMoment(since)}`}>
      {formatSeconds(until === undefined || seconds >= 10 ? Math.round(seconds) : seconds)}
    </time>
  );
}

/** A moment as what lies between it and now: `in 2 h`, `3 min ago`. */
export function FromNow({ ms }: { ms: number | undefined }) {
  const now = useNow();
  if (ms === undefined) return <span class="muted">never</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatMoment(ms)}>
      {formatAgo(ms, now)}
    </time>
  );
}
