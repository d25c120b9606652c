/** All silences by their state. */
import { useMemo } from 'preact/hooks';
import { askSilences, type Silence } from '../../api/silences';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { Chips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { VirtualList } from '../../components/VirtualList';
import { Waiting } from '../../components/Waiting';
import { formatCount, plural } from '../../format/number';
import { visible } from '../../format/series';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { REFRESH_MS, useRouted } from '../alerts/notifying';
import { shortKey } from '../targets/rows';
import { type Counts, countsOf, listed, silencedBy, stateOf, STATES } from './listing';
import { formatMatcher } from './matchers';
import { Actions, When } from './SilenceActions';

const COMMENT_MAX = 200;
const CREATOR_MAX = 60;
const MATCHER_MAX = 100;

export function SilenceList() {
  const silences = useResource<Silence[]>('silences', askSilences, REFRESH_MS);
  const state = stateOf(query.value);
  const filter = query.value.get('filter') ?? '';
  const counts = useMemo(() => silences.value && countsOf(silences.value), [silences.value]);
  return (
    <>
      <div class="page-head">
        <h1>Silences</h1>
        <PageLink to="/silences/new" class="button main">
          <Icon name="plus" /> New silence
        </PageLink>
      </div>
      <nav class="tabs" aria-label="Silences">
        {STATES.map((one) => (
          <PageLink
            key={one}
            to="/silences"
            params={{ filter, state: one === 'active' ? '' : one }}
            current={one === state}
          >
            <StateTitle state={one} counts={counts} />
          </PageLink>
        ))}
      </nav>
      <div class="filters">
        <input
          class="field"
          type="search"
          placeholder={'Filter by matcher, such as alertname="Down", or by words'}
          aria-label="Filter silences"
          data-search
          value={filter}
          onInput={(event) => setQuery({ filter: event.currentTarget.value }, { replace: true })}
        />
      </div>
      <Waiting on={silences}>{(value) => <Listed silences={value} />}</Waiting>
    </>
  );
}

function StateTitle({ state, counts }: { state: keyof Counts; counts: Counts | undefined }) {
  return (
    <>
      {state[0]?.toUpperCase()}
      {state.slice(1)} <span class="count">{counts === undefined ? '' : formatCount(counts[state])}</span>
    </>
  );
}

function Listed({ silences }: { silences: readonly Silence[] }) {
  const routed = useRouted();
  const state = stateOf(query.value);
  const filter = query.value.get('filter') ?? '';
  const shown = useMemo(() => listed(silences, state, filter), [silences, state, filter]);
  const keys = useMemo(() => shown.map(({ id }) => shortKey(`silence ${id}`)), [shown]);
  const alerts = useMemo(() => routed.value && silencedBy(routed.value), [routed.value]);
  const renderItem = (index: number) => {
    const silence = shown[index];
    if (silence === undefined) return null;
    const count = alerts === undefined ? undefined : (alerts.get(silence.id) ?? 0);
    return <SilenceItem silence={silence} alerts={state === 'active' ? count : undefined} />;
  };
  return (
    <Card title={TITLES[state]} aside={<span role="status">{plural(shown.length, 'silence')}</span>}>
      {shown.length === 0 && <p class="muted">{filter === '' ? NOTHING[state] : 'No silence fits the filter.'}</p>}
      <VirtualList label={TITLES[state]} keys={keys} kind={() => state} renderItem={renderItem} />
    </Card>
  );
}

const TITLES = { active: 'In force', pending: 'To come', expired: 'Over' } as const;
const NOTHING = {
  active: 'Nothing is silenced.',
  pending: 'No silence is planned.',
  expired: 'No silence has ended lately; old ones are forgotten.',
} as const;

function SilenceItem({ silence, alerts }: { silence: Silence; alerts: number | undefined }) {
  const { id, matchers, comment, createdBy } = silence;
  return (
    <article class="silence" aria-label={visible(comment, COMMENT_MAX)}>
      <div class="silence-line">
        <PageLink to={`/silences/${encodeURIComponent(id)}`} class="silence-comment">
          <Name text={comment === '' ? id : comment} most={COMMENT_MAX} />
        </PageLink>
        <Chips texts={matchers.map((matcher) => visible(formatMatcher(matcher), MATCHER_MAX))} />
        <span class="fact">
          <When silence={silence} />
        </span>
        <span class="silence-actions">
          <Actions silence={silence} />
        </span>
      </div>
      <p class="muted small">
        <Name text={createdBy} most={CREATOR_MAX} />
        {alerts !== undefined && (alerts === 0 ? ' · matches no alert now' : ` · ${plural(alerts, 'alert')} silenced`)}
      </p>
    </article>
  );
}
