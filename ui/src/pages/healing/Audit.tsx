/** Every decision that was ever recorded, a page at a time. */
import { type Audit as Page, askAudit, type AuditQuestion, type Remediation } from '../../api/healing';
import { Card } from '../../components/Card';
import { PageLink } from '../../components/PageLink';
import { Waiting } from '../../components/Waiting';
import { formatCount } from '../../format/number';
import { visible } from '../../format/series';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { REFRESH_MS } from '../alerts/notifying';
import { Entries } from './Entries';
import { wordOf } from './stages';

const PAGE_LENGTH = 100;
const OPTION_MAX = 60;

const DECISIONS = [
  'started',
  'not_started',
  'triggered',
  'looked_up',
  'acted',
  'verified',
  'failed',
  'timed_out',
  'unknown',
  'cancelled',
  'escalated',
  'escalation_failed',
  'paused',
  'resumed',
  'breaker_opened',
  'breaker_closed',
  'storm_began',
  'storm_ended',
  'ignored',
  'reloaded',
  'recovered',
];

function questionOf(search: URLSearchParams): AuditQuestion {
  const before = Number(search.get('before') ?? Number.NaN);
  const said = (name: string) => search.get(name) || undefined;
  return {
    limit: PAGE_LENGTH,
    before: Number.isSafeInteger(before) && before > 0 ? before : undefined,
    decision: said('decision'),
    remediation: said('remediation'),
  };
}

export function Audit({ remediations }: { remediations: readonly Remediation[] }) {
  const question = questionOf(query.value);
  const { before, decision, remediation } = question;
  // What is on an older page does not change any more.
  const every = before === undefined ? REFRESH_MS : 0;
  const page = useResource<Page>(
    `healing audit ${JSON.stringify(question)}`,
    (signal) => askAudit(question, signal),
    every,
  );
  const kept = { view: 'audit', decision, remediation };
  return (
    <>
      <div class="filters">
        <Choice
          label="Decision"
          all="All decisions"
          name="decision"
          value={decision}
          choices={DECISIONS.map((one) => [one, wordOf(one)])}
        />
        <Choice
          label="Remediation"
          all="All remediations"
          name="remediation"
          value={remediation}
          choices={remediations.map(({ name }) => [name, name])}
        />
      </div>
      <Waiting on={page}>
        {({ entries, next }) => (
          <Card title="Decisions" aside={<span role="status">{spanOf(entries)}</span>}>
            <Entries entries={entries} />
            <nav class="actions" aria-label="Pages of decisions">
              {before !== undefined && (
                <PageLink to="/healing" params={kept} class="button">
                  Newest
                </PageLink>
              )}
              {next !== undefined && (
                <PageLink to="/healing" params={{ ...kept, before: next }} class="button">
                  Older
                </PageLink>
              )}
            </nav>
          </Card>
        )}
      </Waiting>
    </>
  );
}

function spanOf(entries: Page['entries']): string {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return '';
  return `no. ${formatCount(last.sequence)} to ${formatCount(first.sequence)}`;
}

interface ChoiceProps {
  label: string;
  all: string;
  /** Of the parameter in the address. */
  name: string;
  value: string | undefined;
  choices: readonly (readonly [value: string, text: string])[];
}

function Choice({ label, all, name, value, choices }: ChoiceProps) {
  // A value that is only in the address is a choice, too.
  const known =
    value === undefined || choices.some(([one]) => one === value) ? choices : [[value, value] as const, ...choices];
  return (
    <select
      class="field"
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value, before: undefined })}
    >
      <option value="">{all}</option>
      {known.map(([one, text]) => (
        <option key={one} value={one}>
          {visible(text, OPTION_MAX)}
        </option>
      ))}
    </select>
  );
}
