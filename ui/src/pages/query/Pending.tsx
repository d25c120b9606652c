/** Says that an answer is awaited, for how long, and offers to give up. Over the content, so that nothing moves. */
import { useEffect, useState } from 'preact/hooks';
import { formatSeconds } from '../../format/number';

/** Quicker answers are not worth a word. */
const GRACE_MS = 400;
/** From here on it is likely that something is wrong. */
const LONG_S = 30;
const TICK_MS = 500;

export function Pending({ since, onCancel }: { since: number; onCancel: () => void }) {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const first = setTimeout(tick, GRACE_MS);
    const timer = setInterval(tick, TICK_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [since]);
  const waited = Math.floor((now - since) / 1000);
  return (
    <div class="pending" role="status">
      {now - since >= GRACE_MS && (
        <div class="pending-box">
          <span>{waited < 1 ? 'Waiting for the answer' : `Waiting for ${formatSeconds(waited)}`}</span>
          {waited >= LONG_S && (
            <span class="muted">The server gives up by itself after --query.timeout, two minutes by default.</span>
          )}
          <button type="button" class="button" onClick={onCancel}>
            Cancel
          </button>
        </div>
      )}
    </div>
  );
}
