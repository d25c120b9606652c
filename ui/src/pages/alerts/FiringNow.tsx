/** What fires now, and what was healed today: a card for the first page. Each half is there only where the server knows about it. */
import { askRaised, type RaisedAlert } from '../../api/rules';
import type { Healing, Run } from '../../api/healing';
import { Card } from '../../components/Card';
import { Elapsed, FromNow } from '../../components/Elapsed';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { Trouble } from '../../components/Trouble';
import { formatCount, plural } from '../../format/number';
import { parseMoment } from '../../format/time';
import { serverNow } from '../../state/clock';
import { isAbsent, rarelyIfAbsent } from '../../state/absent';
import { useResource } from '../../state/resource';
import { loadHealing } from '../healing/load';
import { healedSince } from '../healing/runs';
import { moodOf, wordOf } from '../healing/stages';
import { REFRESH_MS } from './notifying';
import { bySeverity, dayStart, worstFirst } from './severity';
import { summaryOf, titleOf } from './shown';
import './firing-now.css';

const SHOWN = 5;
const NAME_MAX = 60;
const SUMMARY_MAX = 160;
const SEARCH_MAX = 200;

const loadRaised = rarelyIfAbsent<RaisedAlert[]>((signal) => askRaised(signal));

export function FiringNow() {
  const raised = useResource<RaisedAlert[]>('raised', loadRaised, REFRESH_MS);
  const healing = useResource<Healing>('healing', loadHealing, REFRESH_MS);
  // A server without rules has nothing to say here.
  if (isAbsent(raised) && healing.value === undefined) return null;
  const firing = raised.value?.filter(({ state }) => state === 'firing');
  return (
    <Card
      title={<PageLink to="/alerts">Fires now</PageLink>}
      aside={firing !== undefined && <Severities firing={firing} />}
    >
      {raised.value === undefined && raised.failure !== undefined && !isAbsent(raised) && (
        <Trouble failure={raised.failure} />
      )}
      {raised.value === undefined && raised.failure === undefined && <p aria-busy="true"> </p>}
      {firing !== undefined && <Firing firing={firing} pending={(raised.value?.length ?? 0) - firing.length} />}
      {healing.value !== undefined && <HealedToday healing={healing.value} />}
    </Card>
  );
}

function Severities({ firing }: { firing: readonly RaisedAlert[] }) {
  if (firing.length === 0) return null;
  return (
    <span class="bad">
      {bySeverity(firing)
        .map(({ severity, count }) => `${formatCount(count)} ${severity}`)
        .join(', ')}
    </span>
  );
}

function Firing({ firing, pending }: { firing: readonly RaisedAlert[]; pending: number }) {
  const waiting = pending > 0 ? `${plural(pending, 'alert')} may fire soon.` : '';
  if (firing.length === 0) {
    return (
      <p class="firing-none">
        <Icon name="good" /> No alert fires. {waiting}
      </p>
    );
  }
  return (
    <>
      <ol class="firing-list">
        {worstFirst(firing)
          .slice(0, SHOWN)
          .map((alert) => (
            <FiringAlert key={JSON.stringify(alert.labels)} alert={alert} />
          ))}
      </ol>
      {(firing.length > SHOWN || waiting !== '') && (
        <p class="muted small">
          {firing.length > SHOWN && (
            <PageLink to="/alerts" params={{ state: 'firing' }}>
              and {plural(firing.length - SHOWN, 'more', 'more')}
            </PageLink>
          )}{' '}
          {waiting}
        </p>
      )}
    </>
  );
}

function FiringAlert({ alert: { labels, annotations, activeAt } }: { alert: RaisedAlert }) {
  const { alertname = '' } = labels;
  const summary = summaryOf(annotations);
  return (
    <li>
      <Icon name="bad" />
      <span>
        <PageLink to="/alerts" params={{ search: alertname.slice(0, SEARCH_MAX) }}>
          <Name text={alertname} most={NAME_MAX} />
        </PageLink>{' '}
        <Name text={titleOf(labels)} most={NAME_MAX} />
        {summary !== undefined && (
          <span class="muted">
            : <Name text={summary} most={SUMMARY_MAX} />
          </span>
        )}
      </span>
      <span class="num muted">
        <Elapsed since={activeAt} />
      </span>
    </li>
  );
}

/** Runs that are under way, or that ended today. */
function HealedToday({ healing: { runs, pauses, remediations } }: { healing: Healing }) {
  const healed = healedSince(runs, dayStart(serverNow() * 1000));
  const live = runs.filter(({ state }) => moodOf(state) === 'live');
  if (remediations.length === 0 && runs.length === 0) return null;
  return (
    <div class="healed">
      <p>
        <PageLink to="/healing">
          {healed.length === 0 ? 'Nothing was healed today' : `${formatCount(healed.length)} healed today`}
        </PageLink>
        {live.length > 0 && `, ${formatCount(live.length)} under way`}
        {pauses.length > 0 && <span class="warn">; healing is paused</span>}
      </p>
      <ul class="firing-list">
        {[...live, ...healed].slice(0, SHOWN).map((run) => (
          <HealedRun key={run.id} run={run} />
        ))}
      </ul>
    </div>
  );
}

function HealedRun({ run: { id, remediation, target, state, started_at, ended_at } }: { run: Run }) {
  const isDone = moodOf(state) === 'good';
  return (
    <li>
      <Icon name={isDone ? 'good' : 'refresh'} />
      <span>
        <PageLink to="/healing" params={{ search: id.slice(0, SEARCH_MAX) }}>
          <Name text={remediation} most={NAME_MAX} />
        </PageLink>{' '}
        <Name text={Object.values(target).join(', ')} most={NAME_MAX} />{' '}
        <span class="muted">{isDone ? '' : wordOf(state)}</span>
      </span>
      <span class="num muted">
        <FromNow ms={parseMoment(isDone ? (ended_at ?? '') : started_at)} />
      </span>
    </li>
  );
}
