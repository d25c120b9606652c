/** The matchers of a silence, a row each. A selector that is pasted into a name becomes as many rows as it has matchers. */
import { useId, useMemo } from 'preact/hooks';
import type { RoutedAlert } from '../../api/alerts';
import type { Matcher } from '../../api/silences';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { useRouted } from '../alerts/notifying';
import { matchersIn } from './address';
import { type Draft, type DraftMatcher, draftMatcher } from './draft';
import { Mistake } from '../../components/Field';
import { formatMatcher, isSame, matcherWith, type Operator, OPERATORS, parseMatchers } from './matchers';

/** Choices for a field are worth their weight up to these. */
const CHOICES_MAX = 200;
const CHOICE_LENGTH_MAX = 200;
const MATCHER_MAX = 80;

export interface MatcherFieldsProps {
  draft: Draft;
  mistake: string | undefined;
  onChange: (part: Partial<Draft>) => void;
}

export function MatcherFields({ draft: { matchers }, mistake, onChange }: MatcherFieldsProps) {
  const id = useId();
  const { value: alerts = [] } = useRouted();
  const names = useMemo(() => choicesOf(alerts, (labels) => Object.keys(labels)), [alerts]);
  const set = (key: number, part: Partial<DraftMatcher>) =>
    onChange({ matchers: matchers.map((one) => (one.key === key ? { ...one, ...part } : one)) });
  const replace = (key: number, by: readonly Matcher[]) =>
    onChange({ matchers: matchers.flatMap((one) => (one.key === key ? by.map(draftMatcher) : [one])) });
  return (
    <fieldset class="form-field">
      <legend>Alerts with these labels</legend>
      <datalist id={`${id}-names`}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {matchers.map((matcher, index) => (
        <MatcherRow
          key={matcher.key}
          matcher={matcher}
          place={index + 1}
          alerts={alerts}
          names={`${id}-names`}
          mistake={mistake === undefined ? undefined : `${id}-mistake`}
          onChange={(part) => set(matcher.key, part)}
          onPaste={(pasted) => replace(matcher.key, pasted)}
          onRemove={() => replace(matcher.key, matchers.length > 1 ? [] : [matcherWith('', '=', '')])}
        />
      ))}
      <Mistake id={`${id}-mistake`} text={mistake} />
      <div class="actions">
        <button
          type="button"
          class="button small"
          onClick={() => onChange({ matchers: [...matchers, draftMatcher()] })}
        >
          <Icon name="plus" /> Add a matcher
        </button>
        <Narrower matchers={matchers} onAdd={(one) => onChange({ matchers: [...matchers, draftMatcher(one)] })} />
      </div>
    </fieldset>
  );
}

interface MatcherRowProps {
  matcher: DraftMatcher;
  /** Counts from 1. */
  place: number;
  alerts: readonly RoutedAlert[];
  /** The identifier of the list of names. */
  names: string;
  /** The identifier of the text that says what is wrong, if something is. */
  mistake: string | undefined;
  onChange: (part: Partial<DraftMatcher>) => void;
  onPaste: (matchers: readonly Matcher[]) => void;
  onRemove: () => void;
}

function MatcherRow({ matcher, place, alerts, names, mistake, onChange, onPaste, onRemove }: MatcherRowProps) {
  const { name, operator, value } = matcher;
  const id = useId();
  const values = useMemo(() => choicesOf(alerts, (labels) => labels[name] ?? []), [alerts, name]);
  const paste = (event: ClipboardEvent) => {
    const parsed = parseMatchers(event.clipboardData?.getData('text') ?? '');
    if (!parsed.ok || parsed.matchers.length === 0) return;
    event.preventDefault();
    onPaste(parsed.matchers);
  };
  return (
    <div class="matcher-row">
      <input
        class="field code"
        aria-label={`Label ${place}`}
        aria-invalid={mistake !== undefined}
        aria-describedby={mistake}
        placeholder="label"
        list={names}
        spellcheck={false}
        autocapitalize="off"
        value={name}
        onInput={(event) => onChange({ name: event.currentTarget.value })}
        onPaste={paste}
      />
      <select
        class="field code"
        aria-label={`Comparison ${place}`}
        value={operator}
        onChange={(event) => onChange({ operator: event.currentTarget.value as Operator })}
      >
        {OPERATORS.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <input
        class="field code"
        aria-label={`Value ${place}`}
        placeholder={operator.endsWith('~') ? 'regular expression' : 'value'}
        list={id}
        spellcheck={false}
        autocapitalize="off"
        value={value}
        onInput={(event) => onChange({ value: event.currentTarget.value })}
      />
      <datalist id={id}>
        {values.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <button type="button" class="button quiet" aria-label={`Remove matcher ${place}`} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Matchers that an alert would also fit, but not its successors. */
function Narrower({ matchers, onAdd }: { matchers: readonly DraftMatcher[]; onAdd: (matcher: Matcher) => void }) {
  const there = matchers.map(({ name, operator, value }) => matcherWith(name, operator, value));
  const { matchers: offered } = matchersIn('also');
  const left = offered.filter((one) => !there.some((other) => isSame(one, other)));
  return (
    <>
      {left.map((one) => (
        <button
          key={formatMatcher(one)}
          type="button"
          class="button small"
          title="Left out because it changes when the process is replaced"
          onClick={() => onAdd(one)}
        >
          <Icon name="plus" /> <Name text={formatMatcher(one)} most={MATCHER_MAX} code />
        </button>
      ))}
    </>
  );
}

function choicesOf(
  alerts: readonly RoutedAlert[],
  choose: (labels: RoutedAlert['labels']) => readonly string[] | string,
): string[] {
  const found = new Set(alerts.flatMap(({ labels }) => choose(labels)));
  return [...found]
    .filter((text) => text !== '' && text.length <= CHOICE_LENGTH_MAX)
    .toSorted()
    .slice(0, CHOICES_MAX);
}
