/** How long ago something was by the server's clock, counting on. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatSeconds } from '../../format/number';
import { formatMoment } from '../../format/time';
import { serverNow } from '../../state/clock';

const TICK_MS = 1000;

const now = signal(serverNow());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function Ago({ ms }: { ms: number | undefined }) {
  useEffect(watch, []);
  if (ms === undefined) return <span class="muted">never</span>;
  const seconds = Math.max(Math.round(now.value - ms / 1000), 0);
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatMoment(ms)}>
      {formatSeconds(seconds)} ago
    </time>
  );
}

/** One clock ticks for all, as long as somebody looks. */
function watch(): () => void {
  users += 1;
  now.value = serverNow();
  timer ??= setInterval(() => {
    if (!document.hidden) now.value = serverNow();
  }, TICK_MS);
  return () => {
    users -= 1;
    if (users > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
