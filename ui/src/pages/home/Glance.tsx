/** The state of every target, a mark each. */
import { nameOf, type Target } from '../../api/targets';
import { Card } from '../../components/Card';
import { Name } from '../../components/Name';
import { Trouble } from '../../components/Trouble';
import { formatCount, plural } from '../../format/number';
import { visible } from '../../format/series';
import { groupBy } from '../../group';
import { jobLink } from '../../links';
import type { Snapshot } from '../../state/resource';

/** More marks than this in a job tell nothing; those that are down come first. */
const MARKS_MAX = 240;

const RANK = { down: 0, unknown: 1, up: 2 } as const;

export function Glance({ targets }: { targets: Snapshot<Target[]> }) {
  const { value, failure } = targets;
  const pools = [...groupBy(value ?? [], (target) => target.scrapePool)];
  const up = (value ?? []).filter(({ health }) => health === 'up').length;
  return (
    <Card
      class="glance"
      title="Targets"
      aside={value !== undefined && `${formatCount(up)} of ${formatCount(value.length)} up`}
    >
      {value === undefined && failure !== undefined && <Trouble failure={failure} />}
      {value?.length === 0 && <p class="muted">Nothing is scraped. Add a job to scrape_configs and reload.</p>}
      <ul>
        {pools.map(([pool, members]) => (
          <Pool key={pool} pool={pool} members={members} />
        ))}
      </ul>
    </Card>
  );
}

function Pool({ pool, members }: { pool: string; members: readonly Target[] }) {
  const sorted = members.toSorted((a, b) => RANK[a.health] - RANK[b.health]);
  const up = members.filter(({ health }) => health === 'up').length;
  return (
    <li class="pool">
      <a href={jobLink(pool)}>
        <Name text={pool} most={60} />
      </a>
      <span class={up === members.length ? 'num muted' : 'num bad'}>
        {formatCount(up)}/{formatCount(members.length)}
        <span class="sr-only"> up</span>
      </span>
      <div class="marks" aria-hidden="true">
        {sorted.slice(0, MARKS_MAX).map((target) => (
          <span key={target.scrapeUrl} class={`mark ${target.health}`} title={titleOf(target)} />
        ))}
        {members.length > MARKS_MAX && (
          <span class="muted small">and {plural(members.length - MARKS_MAX, 'more', 'more')}</span>
        )}
      </div>
    </li>
  );
}

function titleOf(target: Target): string {
  const error = target.lastError === '' ? '' : `\n${target.lastError}`;
  return visible(`${nameOf(target)} is ${target.health}${error}`, 500);
}
