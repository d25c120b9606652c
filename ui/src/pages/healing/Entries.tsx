/** Decisions with their reasons, those not to act included. */
import type { AuditEntry } from '../../api/healing';
import { LabelChips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { formatClock, formatDate, formatMoment, parseMoment } from '../../format/time';
import { wordOf } from './stages';

const NAME_MAX = 80;
const DETAIL_MAX = 1000;

const BAD = new Set([
  'failed',
  'timed_out',
  'escalated',
  'escalation_failed',
  'breaker_opened',
  'storm_began',
  'unknown',
]);
const GOOD = new Set(['verified', 'resumed', 'breaker_closed', 'storm_ended']);

export function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  if (entries.length === 0) return <p class="muted">Nothing was decided.</p>;
  return (
    <ol class="entries">
      {entries.map((entry) => (
        <li key={entry.sequence}>
          <Entry entry={entry} />
        </li>
      ))}
    </ol>
  );
}

function Entry({ entry: { at, decision, remediation, target, run, reason, detail } }: { entry: AuditEntry }) {
  const ms = parseMoment(at);
  return (
    <>
      <p class="entry-head">
        {ms !== undefined && (
          <time class="muted" dateTime={new Date(ms).toISOString()} title={formatMoment(ms)}>
            {formatDate(ms) === formatDate(Date.now()) ? formatClock(ms) : formatMoment(ms)}
          </time>
        )}
        <strong class={classOf(decision)}>
          <Name text={wordOf(decision)} most={NAME_MAX} />
          {reason !== undefined && (
            <>
              : <Name text={wordOf(reason)} most={NAME_MAX} />
            </>
          )}
        </strong>
        {remediation !== '' && <Name text={remediation} most={NAME_MAX} />}
        <LabelChips labels={target} />
        {run !== undefined && (
          <PageLink to="/healing" params={{ search: run.slice(0, NAME_MAX) }}>
            <Name text={run} most={NAME_MAX} code />
          </PageLink>
        )}
      </p>
      {detail !== '' && (
        <p class="entry-detail">
          <Name text={detail} most={DETAIL_MAX} />
        </p>
      )}
    </>
  );
}

function classOf(decision: string): string | undefined {
  if (BAD.has(decision)) return 'bad';
  return GOOD.has(decision) ? 'good' : undefined;
}
