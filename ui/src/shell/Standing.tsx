/** Says that the server is away, over the page and not in it, so that nothing moves; what the page shows stays. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../components/Icon';
import { formatClock } from '../format/time';
import { connection } from '../state/connection';
import { replay, watchReplay } from '../state/replay';
import { formatSeconds } from '../format/number';

/** An absence shorter than this is not worth a word. */
const GRACE_MS = 800;
const TICK_MS = 1000;

const now = signal(Date.now());

export function Standing() {
  const { standing, since } = connection.value;
  useEffect(() => {
    if (standing === 'up') return undefined;
    const tick = () => {
      now.value = Date.now();
      if (standing === 'starting') void watchReplay();
    };
    const first = setTimeout(tick, GRACE_MS);
    const timer = setInterval(tick, TICK_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [standing]);
  const isShown = standing !== 'up' && now.value - since >= GRACE_MS;
  return (
    <div class="standing" role="status">
      {isShown && (
        <div class="standing-box">
          <Icon name="warn" />
          <div>
            <p>{standing === 'starting' ? <Starting /> : 'The server does not answer.'}</p>
            <p class="muted">
              For {formatSeconds(Math.round((now.value - since) / 1000))}. The page shows what it knew at{' '}
              {formatClock(since)} and goes on by itself as soon as the server is back.
            </p>
          </div>
        </div>
      )}
    </div>
  );
}

function Starting() {
  const done = replay.value;
  if (done === undefined) return <>The server is starting or stopping.</>;
  return <>The server is starting: it has read {Math.floor(done * 100)} % of its write-ahead log.</>;
}
