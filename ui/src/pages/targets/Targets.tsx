/** What is scraped: how each target is doing, what relabelling dropped, and what all of it costs. */
import { askRuntimeInfo, type RuntimeInfo } from '../../api/status';
import { askListing, askPools, type Listing } from '../../api/listing';
import { PageLink } from '../../components/PageLink';
import { Waiting } from '../../components/Waiting';
import { query } from '../../router';
import { useResource } from '../../state/resource';
import { BrowserClock } from './BrowserClock';
import { Costs } from './Costs';
import { Dropped } from './Dropped';
import { filterOf } from './filter';
import { Filters } from './Filters';
import { TargetList } from './TargetList';
import './targets.css';

const REFRESH_MS = 5000;
const POOLS_EVERY_MS = 15_000;
const CLOCK_EVERY_MS = 30_000;

const VIEWS = [
  { view: 'active', title: 'Active' },
  { view: 'dropped', title: 'Dropped' },
  { view: 'cost', title: 'Cost' },
] as const;

type View = (typeof VIEWS)[number]['view'];

/** Prometheus' page of discovered targets has `state=dropped` in its links. */
function viewOf(search: URLSearchParams): View {
  const asked = search.get('view') ?? (search.get('state') === 'dropped' ? 'dropped' : null);
  return VIEWS.find(({ view }) => view === asked)?.view ?? 'active';
}

export function Targets() {
  const filter = filterOf(query.value);
  const current = viewOf(query.value);
  useResource<RuntimeInfo>('runtimeinfo', askRuntimeInfo, CLOCK_EVERY_MS);
  const kept = { pool: filter.pool, search: filter.search };
  return (
    <div class="page targets">
      <div class="page-head">
        <h1>Targets</h1>
        <BrowserClock />
      </div>
      <nav class="tabs" aria-label="Targets">
        {VIEWS.map(({ view, title }) => (
          <PageLink
            key={view}
            to="/targets"
            params={view === 'active' ? kept : { ...kept, view }}
            current={view === current}
          >
            {title}
          </PageLink>
        ))}
      </nav>
      {current === 'cost' ? <Costs pool={filter.pool} /> : <Listed view={current} pool={filter.pool} />}
    </div>
  );
}

function Listed({ view, pool }: { view: 'active' | 'dropped'; pool: string | undefined }) {
  const pools = useResource<string[]>('pools', askPools, POOLS_EVERY_MS);
  const listing = useResource<Listing>(`listing ${pool ?? ''}`, (signal) => askListing(signal, pool), REFRESH_MS);
  return (
    <>
      <Filters view={view} pools={pools.value ?? []} listing={listing.value} />
      <Waiting on={listing}>
        {(value) => (view === 'active' ? <TargetList targets={value.activeTargets} /> : <Dropped listing={value} />)}
      </Waiting>
    </>
  );
}
