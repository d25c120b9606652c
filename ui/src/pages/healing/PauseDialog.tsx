/** The switch that stops healing: all of it, a remediation, or a target; with who, why, and for how long. */
import { useId, useState } from 'preact/hooks';
import type { Failure } from '../../api/failure';
import { type Healing, pauseHealing, type PauseOrder, type Scope } from '../../api/healing';
import { Dialog } from '../../components/Dialog';
import { Segmented } from '../../components/Segmented';
import { Trouble } from '../../components/Trouble';
import { parseDuration } from '../../format/duration';
import { plural } from '../../format/number';
import { visible } from '../../format/series';
import { creator } from '../../state/creator';
import { refresh } from '../../state/resource';
import { Field, focusMistake, Mistake } from '../../components/Field';
import { isLive } from './stages';
import { targetNames } from './runs';

const SCOPES: readonly { value: Scope; text: string }[] = [
  { value: 'all', text: 'Everything' },
  { value: 'remediation', text: 'A remediation' },
  { value: 'target', text: 'A target' },
];

const LENGTHS = ['15m', '1h', '4h', '1d'] as const;
const OPTION_MAX = 80;

export interface PauseButtonProps {
  healing: Healing;
  text: string;
  /** What is paused, unless the reader chooses otherwise. */
  order: Pick<PauseOrder, 'scope' | 'name'>;
}

export function PauseButton({ healing, text, order }: PauseButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {text}
        {order.name !== '' && <span class="sr-only"> {visible(order.name, OPTION_MAX)}</span>}
      </button>
      <Dialog title="Pause healing" isOpen={isOpen} onClose={() => setOpen(false)}>
        <PauseForm healing={healing} order={order} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

type Mistakes = Partial<Record<'name' | 'by' | 'reason' | 'for', string>>;

/** What keeps an order from being given, by field. */
export function mistakesOf(order: PauseOrder): Mistakes {
  const mistakes: Mistakes = {};
  if (order.scope !== 'all' && order.name === '') {
    mistakes.name = order.scope === 'target' ? 'Say which target.' : 'Choose a remediation.';
  }
  if (order.for !== null && !parseDuration(order.for)) mistakes.for = 'Write a duration such as 30m or 2h.';
  if (order.by.trim() === '') mistakes.by = 'Say who you are.';
  if (order.reason.trim() === '') mistakes.reason = 'Say why, for those who wonder later.';
  return mistakes;
}

function PauseForm({ healing, order: initial, onDone }: Omit<PauseButtonProps, 'text'> & { onDone: () => void }) {
  const [order, setOrder] = useState<PauseOrder>({ ...initial, by: creator.peek(), reason: '', for: '1h' });
  const [isTried, setTried] = useState(false);
  const [failure, fail] = useState<Failure>();
  const change = (part: Partial<PauseOrder>) => setOrder((before) => ({ ...before, ...part }));
  const mistakes = isTried ? mistakesOf(order) : {};
  const live = healing.runs.filter(isLive).length;
  const pause = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesOf(order)).length > 0) return focusMistake(event.currentTarget);
    creator.value = order.by.trim();
    const outcome = await pauseHealing({ ...order, by: order.by.trim(), reason: order.reason.trim() });
    if (!outcome.ok) return fail(outcome.failure);
    onDone();
    refresh('healing');
  };
  return (
    <form class="dialog-form" noValidate onSubmit={(event) => void pause(event)}>
      <div class="form-field">
        <Segmented<Scope>
          label="What is paused"
          value={order.scope}
          options={SCOPES}
          onChange={(scope) => change({ scope, name: '' })}
        />
      </div>
      {order.scope !== 'all' && <NameField healing={healing} order={order} mistake={mistakes.name} onChange={change} />}
      <LengthField length={order.for} mistake={mistakes.for} onChange={(length) => change({ for: length })} />
      <Field label="Who" mistake={mistakes.by}>
        {(describe) => (
          <input
            {...describe}
            class="field"
            autocomplete="name"
            value={order.by}
            onInput={(event) => change({ by: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Why" mistake={mistakes.reason}>
        {(describe) => (
          <input
            {...describe}
            class="field"
            value={order.reason}
            onInput={(event) => change({ reason: event.currentTarget.value })}
          />
        )}
      </Field>
      <p class="muted small">
        Nothing new will be started; each alert that would have been healed is recorded with this reason.{' '}
        {live > 0 && `${plural(live, 'run')} under way ${live === 1 ? 'goes' : 'go'} on unless cancelled.`}
      </p>
      {failure !== undefined && <Trouble failure={failure} />}
      <div class="actions">
        <button type="submit" class="button main">
          {SUBMITS[order.scope]}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const SUBMITS: Readonly<Record<Scope, string>> = {
  all: 'Pause all healing',
  remediation: 'Pause the remediation',
  target: 'Pause the target',
};

interface NameFieldProps {
  healing: Healing;
  order: PauseOrder;
  mistake: string | undefined;
  onChange: (part: Partial<PauseOrder>) => void;
}

function NameField({ healing, order, mistake, onChange }: NameFieldProps) {
  const list = useId();
  if (order.scope === 'target') {
    return (
      <Field label="Target" mistake={mistake}>
        {(describe) => (
          <>
            <input
              {...describe}
              class="field code"
              list={list}
              placeholder={'{instance="host:9100"} or the value of one of its labels'}
              value={order.name}
              onInput={(event) => onChange({ name: event.currentTarget.value })}
            />
            <datalist id={list}>
              {targetNames(healing.runs).map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
    );
  }
  return (
    <Field label="Remediation" mistake={mistake}>
      {(describe) => (
        <select
          {...describe}
          class="field"
          value={order.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        >
          <option value="">Choose one</option>
          {healing.remediations.map(({ name }) => (
            <option key={name} value={name}>
              {visible(name, OPTION_MAX)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface LengthFieldProps {
  /** Nothing: until somebody resumes. */
  length: string | null;
  mistake: string | undefined;
  onChange: (length: string | null) => void;
}

function LengthField({ length, mistake, onChange }: LengthFieldProps) {
  const id = useId();
  return (
    <fieldset class="form-field">
      <legend>For how long</legend>
      <div class="actions lengths">
        {LENGTHS.map((one) => (
          <button
            key={one}
            type="button"
            class="button small"
            aria-pressed={length === one}
            onClick={() => onChange(one)}
          >
            {one}
          </button>
        ))}
        <button type="button" class="button small" aria-pressed={length === null} onClick={() => onChange(null)}>
          until resumed
        </button>
        <input
          class="field length"
          aria-label="Duration"
          aria-invalid={mistake !== undefined}
          aria-describedby={id}
          placeholder="30m"
          value={length ?? ''}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      <Mistake id={id} text={mistake} />
    </fieldset>
  );
}
