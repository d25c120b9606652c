/** Says, above everything else, that healing is stopped: what, by whom, why and until when. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../api/failure';
import { type Pause, resumeHealing } from '../../api/healing';
import { Dialog } from '../../components/Dialog';
import { FromNow } from '../../components/Elapsed';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { Trouble } from '../../components/Trouble';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { creator } from '../../state/creator';
import { refresh } from '../../state/resource';
import { Field, focusMistake } from '../../components/Field';

const NAME_MAX = 100;
const REASON_MAX = 500;

export function Pauses({ pauses }: { pauses: readonly Pause[] }) {
  return (
    <div role="status">
      {pauses.length > 0 && (
        <ul class="pauses" aria-label="What is paused">
          {pauses.map((pause) => (
            <li key={`${pause.scope} ${pause.name}`}>
              <Icon name="warn" />
              <p>
                <strong>
                  <Paused pause={pause} /> is paused
                </strong>{' '}
                by <Name text={pause.by} most={NAME_MAX} /> since <FromNow ms={parseMoment(pause.since)} />,{' '}
                <Until pause={pause} />: <Name text={pause.reason} most={REASON_MAX} />
              </p>
              <ResumeButton pause={pause} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Paused({ pause: { scope, name } }: { pause: Pause }) {
  if (scope === 'all') return <>All healing</>;
  return (
    <>
      {scope === 'remediation' ? 'The remediation' : 'Healing of'} <Name text={name} most={NAME_MAX} />
    </>
  );
}

function Until({ pause: { until } }: { pause: Pause }) {
  if (until === undefined) return <>until somebody resumes it</>;
  return (
    <>
      ends <FromNow ms={parseMoment(until)} />
    </>
  );
}

function ResumeButton({ pause }: { pause: Pause }) {
  const [isOpen, setOpen] = useState(false);
  const about = pause.scope === 'all' ? 'all healing' : visible(pause.name, NAME_MAX);
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Resume<span class="sr-only"> {about}</span>
      </button>
      <Dialog title="Resume healing?" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Question pause={pause} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Question({ pause, onDone }: { pause: Pause; onDone: () => void }) {
  const [by, setBy] = useState(creator.peek());
  const [isTried, setTried] = useState(false);
  const [failure, fail] = useState<Failure>();
  const resume = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (by.trim() === '') return focusMistake(event.currentTarget);
    creator.value = by.trim();
    const outcome = await resumeHealing({ scope: pause.scope, name: pause.name, by: by.trim() });
    if (!outcome.ok) return fail(outcome.failure);
    onDone();
    refresh('healing');
  };
  return (
    <form class="dialog-form" noValidate onSubmit={(event) => void resume(event)}>
      <p>
        Alerts that fire now may be healed at once. Paused because: <Name text={pause.reason} most={REASON_MAX} />
      </p>
      <Field label="Who" mistake={isTried && by.trim() === '' ? 'Say who you are.' : undefined}>
        {(describe) => (
          <input
            {...describe}
            class="field"
            autocomplete="name"
            value={by}
            onInput={(event) => setBy(event.currentTarget.value)}
          />
        )}
      </Field>
      {failure !== undefined && <Trouble failure={failure} />}
      <div class="actions">
        <button type="submit" class="button main">
          Resume
        </button>
        <button type="button" class="button" onClick={onDone}>
          Leave it paused
        </button>
      </div>
    </form>
  );
}
