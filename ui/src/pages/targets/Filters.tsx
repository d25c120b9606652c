/** Which targets are shown, and how many there are of each health. */
import { useMemo } from 'preact/hooks';
import type { Listing } from '../../api/listing';
import { Segmented } from '../../components/Segmented';
import { formatCount } from '../../format/number';
import { visible } from '../../format/series';
import { query, setQuery } from '../../router';
import { filterOf, type HealthFilter } from './filter';

const HEALTHS: readonly { value: HealthFilter; text: string }[] = [
  { value: 'all', text: 'All' },
  { value: 'unhealthy', text: 'Unhealthy' },
  { value: 'up', text: 'Up' },
  { value: 'down', text: 'Down' },
  { value: 'unknown', text: 'Unknown' },
];

export interface FiltersProps {
  view: 'active' | 'dropped';
  pools: readonly string[];
  listing: Listing | undefined;
}

export function Filters({ view, pools, listing }: FiltersProps) {
  const { pool, search, health } = filterOf(query.value);
  const counts = useMemo(() => countsOf(listing), [listing]);
  // A pool that is only in the address is a choice, too: it may come back.
  const choices = pool === undefined || pools.includes(pool) ? pools : [pool, ...pools];
  const options = HEALTHS.map(({ value, text }) => ({
    value,
    text: (
      <>
        {text}
        <span class="count">{counts === undefined ? '' : formatCount(counts[value])}</span>
      </>
    ),
  }));
  return (
    <div class="target-filters">
      <input
        class="field"
        type="search"
        placeholder="Filter by address, label or error"
        aria-label="Filter targets"
        data-search
        value={search}
        onInput={(event) => setQuery({ search: event.currentTarget.value }, { replace: true })}
      />
      <select
        class="field"
        aria-label="Job"
        value={pool ?? ''}
        onChange={(event) => setQuery({ pool: event.currentTarget.value })}
      >
        <option value="">All jobs</option>
        {choices.map((name) => (
          <option key={name} value={name}>
            {visible(name, 60)}
          </option>
        ))}
      </select>
      {view === 'active' && (
        <div class="scroll-x">
          <Segmented<HealthFilter>
            label="Health"
            value={health}
            options={options}
            onChange={(value) => setQuery({ health: value === 'all' ? undefined : value }, { replace: true })}
          />
        </div>
      )}
    </div>
  );
}

function countsOf(listing: Listing | undefined): Record<HealthFilter, number> | undefined {
  if (listing === undefined) return undefined;
  const counts = { all: listing.activeTargets.length, unhealthy: 0, up: 0, down: 0, unknown: 0 };
  for (const { health } of listing.activeTargets) counts[health] += 1;
  counts.unhealthy = counts.down + counts.unknown;
  return counts;
}
