/** The targets that are scraped, by job. */
import { useCallback, useMemo, useState } from 'preact/hooks';
import { askJobs, type Job } from '../../api/jobs';
import type { ListedTarget } from '../../api/listing';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { VirtualList } from '../../components/VirtualList';
import { formatCount, formatValue, plural } from '../../format/number';
import { query } from '../../router';
import { useResource } from '../../state/resource';
import { filterOf } from './filter';
import { type PoolRow, rowsOf } from './rows';
import { TargetItem } from './TargetItem';

const JOBS_EVERY_MS = 15_000;

export function TargetList({ targets }: { targets: readonly ListedTarget[] }) {
  const jobs = useResource<Job[]>('jobs', askJobs, JOBS_EVERY_MS);
  const [closed, close] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const filter = filterOf(query.value);
  const { rows, counts } = useMemo(
    () => rowsOf(targets, filter, closed),
    [targets, filter.pool, filter.search, filter.health, closed],
  );
  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const costs = useMemo(() => new Map((jobs.value ?? []).map((job) => [job.scrapePool, job])), [jobs.value]);
  const toggle = useCallback((key: string) => setOpen((before) => toggled(before, key)), []);

  if (targets.length === 0) return <NothingScraped pool={filter.pool} />;
  const shown = rows.reduce((sum, row) => sum + (row.kind === 'pool' ? row.matching : 0), 0);
  const kind = (index: number) => {
    const row = rows[index];
    if (row?.kind !== 'target') return 'pool';
    return `${open.has(row.key) ? 'open' : 'closed'} ${row.target.lastError === '' ? 'well' : 'failed'}`;
  };
  const renderItem = (index: number) => {
    const row = rows[index];
    if (row === undefined) return null;
    if (row.kind === 'target')
      return (
        <TargetItem key={row.key} rowKey={row.key} target={row.target} isOpen={open.has(row.key)} onToggle={toggle} />
      );
    return (
      <PoolHead
        row={row}
        job={costs.get(row.name)}
        isClosed={closed.has(row.name)}
        onToggle={() => close((before) => toggled(before, row.name))}
      />
    );
  };
  return (
    <Card
      class="target-card"
      title="Active targets"
      aside={<Summary shown={shown} all={counts.up + counts.down + counts.unknown} />}
    >
      {rows.length === 0 ? <p class="muted">No target fits the filter.</p> : <Titles />}
      <VirtualList label="Targets" class="target-list" keys={keys} kind={kind} renderItem={renderItem} />
    </Card>
  );
}

function toggled(before: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(key)) after.add(key);
  return after;
}

function Summary({ shown, all }: { shown: number; all: number }) {
  return (
    <span role="status">
      {shown === all ? plural(all, 'target') : `${formatCount(shown)} of ${plural(all, 'target')}`}
    </span>
  );
}

/** What stands in which column. Readers of the page's text are told by each item itself. */
function Titles() {
  return (
    <div class="target-line target-titles" aria-hidden="true">
      <span>State</span>
      <span>Target</span>
      <span>Labels</span>
      <span class="num">Scraped</span>
      <span class="num">Took</span>
      <span class="num">Samples</span>
    </div>
  );
}

interface PoolHeadProps {
  row: PoolRow;
  job: Job | undefined;
  isClosed: boolean;
  onToggle: () => void;
}

function PoolHead({ row: { name, counts, matching }, job, isClosed, onToggle }: PoolHeadProps) {
  const all = counts.up + counts.down + counts.unknown;
  return (
    <div class="pool-head">
      <h3>
        <button type="button" class="fold" aria-expanded={!isClosed} onClick={onToggle}>
          <Icon name={isClosed ? 'right' : 'down'} />
          <Name text={name} most={80} />
        </button>
      </h3>
      <span class={counts.up === all ? 'good' : 'bad'}>
        {formatCount(counts.up)} of {formatCount(all)} up
      </span>
      {matching < all && <span class="muted">{formatCount(matching)} shown</span>}
      {job !== undefined && (
        <span class="muted pool-cost">
          {costsOf(job).map((text, index) => (
            <span key={text}>
              {index > 0 && ' · '}
              {text}
            </span>
          ))}
        </span>
      )}
    </div>
  );
}

function costsOf({ scrapeInterval, series, now }: Job): string[] {
  const { samplesPerSecond, cpuSecondsPerSecond: cpu } = now;
  return [
    `every ${scrapeInterval}`,
    plural(series, 'series', 'series'),
    `${formatValue(samplesPerSecond, 'count')} ${samplesPerSecond === 1 ? 'sample' : 'samples'}/s`,
    ...(cpu === undefined ? [] : [`${formatValue(cpu, 'ratio')} of a CPU`]),
  ];
}

function NothingScraped({ pool }: { pool: string | undefined }) {
  return (
    <Card title="Nothing is scraped">
      <p>
        {pool === undefined ? (
          <>
            No job has a target. Add one to <code>scrape_configs</code> and reload the configuration.
          </>
        ) : (
          <>
            The job <Name text={pool} most={80} /> has no target, or there is no such job. If it discovers targets, look
            at those that its relabelling dropped.
          </>
        )}
      </p>
    </Card>
  );
}
