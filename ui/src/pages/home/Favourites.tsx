/** The two questions that operators ask first: who has the least memory left, and what disk will be full by tonight. */
import { type Outcome, success } from '../../api/failure';
import { askVector, type Sample } from '../../api/query';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { Segmented } from '../../components/Segmented';
import { Trouble } from '../../components/Trouble';
import { formatSeconds, formatValue, plural } from '../../format/number';
import { graphLink, tableLink } from '../../links';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { DISK_FILLS, DISK_FULL_IN_6H, DISKS_WATCHED, FULLEST_DISKS, LEAST_MEMORY } from './expressions';
import { hostName } from './hosts';

const REFRESH_MS = 10_000;
const ROWS = 3;
/** More disks than this are counted, not listed. */
const LISTED_MAX = 5;

const KINDS = [
  { value: 'free', text: 'Free', title: 'MemFree: memory that nothing uses. The page cache counts as used.' },
  {
    value: 'available',
    text: 'Available',
    title: 'MemAvailable: memory that programs can have, most of the page cache included.',
  },
] as const;

export function LeastMemory() {
  const kind = query.value.get('memory') === 'available' ? 'available' : 'free';
  const expr = LEAST_MEMORY[kind];
  const { value, failure } = useResource<Sample[]>(`vector ${expr}`, (signal) => askVector(expr, signal), REFRESH_MS);
  const choose = (choice: keyof typeof LEAST_MEMORY) =>
    setQuery({ memory: choice === 'free' ? undefined : choice }, { replace: true });
  return (
    <Card
      title={<a href={graphLink([expr], '1h')}>Least free memory</a>}
      aside={<Segmented label="Which memory counts as free" value={kind} options={KINDS} onChange={choose} />}
    >
      {value === undefined && failure !== undefined ? (
        <Trouble failure={failure} />
      ) : (
        <Shares samples={value} name={({ instance }) => hostName(instance)} share={(used) => used} />
      )}
      {value?.length === 0 && (
        <p class="muted small">No host tells its memory. A job that scrapes node_exporter's port 9100 does.</p>
      )}
      <p class="muted small">
        {kind === 'free'
          ? 'MemFree leaves out the page cache, which the kernel gives back on demand; Available counts it.'
          : "MemAvailable is the kernel's estimate of what programs can have without swapping."}
      </p>
      <Expression expr={expr} />
    </Card>
  );
}

interface Disks {
  fills: Sample[];
  fullest: Sample[];
  watched: number;
}

export function FillingDisks() {
  const { value, failure } = useResource<Disks>('disks', askDisks, REFRESH_MS);
  return (
    <Card
      title={<a href={tableLink(DISK_FULL_IN_6H)}>Disks full within six hours</a>}
      aside={value !== undefined && `${plural(value.watched, 'disk')} watched`}
    >
      {value === undefined && failure !== undefined && <Trouble failure={failure} />}
      {value === undefined ? <p> </p> : <Filling fills={value.fills} />}
      <Shares
        samples={value?.fullest}
        name={({ mountpoint, instance }) => `${mountpoint ?? ''} on ${hostName(instance)}`}
        share={(free) => 1 - free}
      />
      <Expression expr={DISK_FULL_IN_6H} />
    </Card>
  );
}

function Filling({ fills }: { fills: readonly Sample[] }) {
  if (fills.length === 0) {
    return (
      <p>
        <span class="good inline">
          <Icon name="good" /> None
        </span>{' '}
        <span class="muted">by the trend of the last hour. The fullest:</span>
      </p>
    );
  }
  return (
    <ul class="problem-list">
      {fills.slice(0, LISTED_MAX).map(({ metric, value }) => (
        <li key={JSON.stringify(metric)} class="bad">
          <Icon name="bad" />
          <span>
            <Name text={metric.mountpoint ?? ''} most={60} /> on <Name text={hostName(metric.instance)} most={60} /> in{' '}
            {formatSeconds(Math.max(value, 0))}
          </span>
        </li>
      ))}
      {fills.length > LISTED_MAX && <li class="muted">and {plural(fills.length - LISTED_MAX, 'more', 'more')}</li>}
    </ul>
  );
}

interface SharesProps {
  samples: readonly Sample[] | undefined;
  name: (labels: Sample['metric']) => string;
  /** The used share for a sample's value. */
  share: (value: number) => number;
}

/** Rows with a bar each; there is room for all before they are known, so that they move nothing when they come. */
function Shares({ samples, name, share }: SharesProps) {
  return (
    <ul class={samples === undefined ? 'shares unknown' : 'shares'}>
      {samples?.slice(0, ROWS).map(({ metric, value }) => (
        <li key={JSON.stringify(metric)}>
          <Name text={name(metric)} most={80} />
          <span class="num">{formatValue(share(value), 'ratio')} used</span>
          <span class="bar">
            <span style={{ width: `${Math.min(Math.max(share(value), 0), 1) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Expression({ expr }: { expr: string }) {
  return (
    <p class="expression">
      <code>{expr}</code>
    </p>
  );
}

async function askDisks(signal: AbortSignal): Promise<Outcome<Disks>> {
  const [fills, fullest, watched] = await Promise.all([
    askVector(DISK_FILLS, signal),
    askVector(FULLEST_DISKS, signal),
    askVector(DISKS_WATCHED, signal),
  ]);
  if (!fills.ok) return fills;
  if (!fullest.ok) return fullest;
  if (!watched.ok) return watched;
  const soonest = fills.value.toSorted((a, b) => a.value - b.value);
  return success({ fills: soonest, fullest: fullest.value, watched: watched.value[0]?.value ?? 0 });
}
