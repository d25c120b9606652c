/** Ends a silence now, if the reader means it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Failure } from '../../api/failure';
import { expireSilence, type Silence } from '../../api/silences';
import { Dialog } from '../../components/Dialog';
import { Chips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { Trouble } from '../../components/Trouble';
import { plural } from '../../format/number';
import { visible } from '../../format/series';
import { refresh } from '../../state/resource';
import { useRouted } from '../alerts/notifying';
import { silencedBy } from './listing';
import { formatMatcher } from './matchers';

const MATCHER_MAX = 200;
const COMMENT_MAX = 500;

export function ExpireButton({ silence, about }: { silence: Silence; about?: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Expire{about}
      </button>
      <Dialog title="Expire this silence?" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Question silence={silence} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Question({ silence, onDone }: { silence: Silence; onDone: () => void }) {
  const [failure, fail] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const routed = useRouted();
  const alerts = silencedBy(routed.value ?? []).get(silence.id) ?? 0;
  const expire = async () => {
    setBusy(true);
    const outcome = await expireSilence(silence.id);
    setBusy(false);
    if (!outcome.ok) return fail(outcome.failure);
    onDone();
    refresh('silence');
    refresh('routed');
    return undefined;
  };
  return (
    <>
      <p>
        <Name text={silence.comment} most={COMMENT_MAX} />
      </p>
      <Chips texts={silence.matchers.map((matcher) => visible(formatMatcher(matcher), MATCHER_MAX))} />
      <p>
        {alerts === 0
          ? 'It matches no alert now. It cannot be taken up again, only created anew.'
          : `People will be told of ${plural(alerts, 'alert')} again. It cannot be taken up again, only created anew.`}
      </p>
      {failure !== undefined && <Trouble failure={failure} />}
      <div class="actions">
        <button type="button" class="button main" disabled={isBusy} onClick={() => void expire()}>
          Expire now
        </button>
        <button type="button" class="button" onClick={onDone}>
          Keep it
        </button>
      </div>
    </>
  );
}
