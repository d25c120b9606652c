/** What each job costs, and what another interval would cost. */
import { useState } from 'preact/hooks';
import { askJobs, type Cost, type Job, type WhatIf } from '../../api/jobs';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { Waiting } from '../../components/Waiting';
import { parseDuration } from '../../format/duration';
import { formatCount, formatSeconds, formatValue, plural } from '../../format/number';
import { useResource } from '../../state/resource';
import { sumOf, whatIfOfAll } from './totals';

const REFRESH_MS = 5000;
/** Jobs are compared with other intervals from the start where there are so few. */
const OPEN_MAX = 3;

export function Costs({ pool }: { pool: string | undefined }) {
  const jobs = useResource<Job[]>('jobs', askJobs, REFRESH_MS);
  return (
    <Card class="cost-card" title="What each job costs">
      <Waiting on={jobs}>
        {(all) => <Table jobs={all.filter(({ scrapePool }) => pool === undefined || scrapePool === pool)} />}
      </Waiting>
      <Explanation />
    </Card>
  );
}

function Table({ jobs }: { jobs: readonly Job[] }) {
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set());
  const toggle = (name: string) =>
    setSwitched((before) => {
      const after = new Set(before);
      if (!after.delete(name)) after.add(name);
      return after;
    });
  const isOpen = (name: string) => jobs.length <= OPEN_MAX !== switched.has(name);
  if (jobs.length === 0) return <p class="muted">There is no job.</p>;
  return (
    // Scrolls sideways, so it has to be reachable for the arrow keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Costs">
      <table class="data costs">
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Every</th>
            {['Targets', 'Series'].map((title) => (
              <th key={title} scope="col" class="num wide">
                {title}
              </th>
            ))}
            {['Samples', 'CPU', 'Memory', 'Network', 'Disk a day'].map((title) => (
              <th key={title} scope="col" class="num">
                {title} <span class="times" />
              </th>
            ))}
          </tr>
        </thead>
        {jobs.map((job) => (
          <tbody key={job.scrapePool}>
            <JobRow job={job} isOpen={isOpen(job.scrapePool)} onToggle={() => toggle(job.scrapePool)} />
            {isOpen(job.scrapePool) &&
              othersOf(job).map((other) => <OtherRow key={other.scrapeInterval} other={other} job={job} />)}
          </tbody>
        ))}
        {jobs.length > 1 && <Totals jobs={jobs} />}
      </table>
    </div>
  );
}

function JobRow({ job, isOpen, onToggle }: { job: Job; isOpen: boolean; onToggle: () => void }) {
  const { up, down, unknown } = job.targets;
  return (
    <tr class="cost-now">
      <th scope="row">
        <button type="button" class="fold" aria-expanded={isOpen} onClick={onToggle}>
          <Icon name={isOpen ? 'down' : 'right'} />
          <Name text={job.scrapePool} most={60} />
        </button>
      </th>
      <td>{job.scrapeInterval}</td>
      <td class={down > 0 ? 'num wide bad' : 'num wide'}>
        {down > 0
          ? `${formatCount(down)} of ${formatCount(up + down + unknown)} down`
          : formatCount(up + down + unknown)}
      </td>
      <td class="num wide">{formatCount(job.series)}</td>
      <CostCells cost={job.now} />
    </tr>
  );
}

function OtherRow({ other, job }: { other: WhatIf; job: Job }) {
  const hurdle = hurdleOf(other.scrapeInterval, job);
  return (
    <tr class="cost-other">
      <th scope="row">if every</th>
      <td title={hurdle} class={hurdle === undefined ? undefined : 'hurdle'}>
        {other.scrapeInterval} {hurdle !== undefined && <Icon name="warn" />}
      </td>
      <td colSpan={2} class="hurdle wide">
        {hurdle}
      </td>
      <CostCells cost={other} now={job.now} />
    </tr>
  );
}

function othersOf({ whatIf, scrapeInterval }: Job): WhatIf[] {
  return whatIf.filter((other) => other.scrapeInterval !== scrapeInterval);
}

/** What stands in the way of an interval. */
function hurdleOf(interval: string, { scrapeTimeout, round }: Job): string | undefined {
  const seconds = parseDuration(interval) ?? 0;
  if (round.slowestSeconds >= seconds) return `a scrape takes ${formatSeconds(round.slowestSeconds)}`;
  return (parseDuration(scrapeTimeout) ?? 0) > seconds ? `scrape_timeout is ${scrapeTimeout}` : undefined;
}

function Totals({ jobs }: { jobs: readonly Job[] }) {
  const now = sumOf(jobs.map((job) => job.now));
  // An interval that all jobs have is no other.
  const others = whatIfOfAll(jobs).filter((other) => jobs.some((job) => job.scrapeInterval !== other.scrapeInterval));
  const count = (of: (job: Job) => number) => formatCount(jobs.reduce((sum, job) => sum + of(job), 0));
  return (
    <tbody class="cost-total">
      <tr class="cost-now">
        <th scope="row">All {plural(jobs.length, 'job')}</th>
        <td />
        <td class="num wide">{count(({ targets }) => targets.up + targets.down + targets.unknown)}</td>
        <td class="num wide">{count(({ series }) => series)}</td>
        <CostCells cost={now} />
      </tr>
      {others.map((other) => (
        <tr key={other.scrapeInterval} class="cost-other">
          <th scope="row">if every</th>
          <td>{other.scrapeInterval}</td>
          <td colSpan={2} class="wide" />
          <CostCells cost={other} now={now} />
        </tr>
      ))}
    </tbody>
  );
}

/** The amounts, and with `now` how many times as much each is. */
function CostCells({ cost, now }: { cost: Cost; now?: Cost }) {
  return (
    <>
      <Amount of={cost.samplesPerSecond} now={now?.samplesPerSecond} text={(value) => formatValue(value, '1/s')} />
      <Amount
        of={cost.cpuSecondsPerSecond}
        now={now?.cpuSecondsPerSecond}
        text={(value) => formatValue(value, 'ratio')}
      />
      <Amount of={cost.memoryBytes} now={now?.memoryBytes} text={(value) => formatValue(value, 'bytes')} />
      <Amount
        of={cost.wireBytesPerSecond}
        now={now?.wireBytesPerSecond}
        text={(value) => formatValue(value, 'bytes/s')}
      />
      <Amount of={cost.diskBytesPerDay} now={now?.diskBytesPerDay} text={(value) => formatValue(value, 'bytes')} />
    </>
  );
}

function Amount({
  of,
  now,
  text,
}: {
  of: number | undefined;
  now: number | undefined;
  text: (value: number) => string;
}) {
  if (of === undefined) {
    return (
      <td class="num muted" title="Not known yet">
        – <span class="times" />
      </td>
    );
  }
  return (
    <td class="num">
      {text(of)} <span class="times">{now === undefined || now === 0 || of === 0 ? '' : timesText(of / now)}</span>
    </td>
  );
}

/** `×3`, `÷3`. */
function timesText(times: number): string {
  const digits = (value: number) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
  return times >= 1 ? `×${digits(times)}` : `÷${digits(1 / times)}`;
}

function Explanation() {
  return (
    <div class="muted small explanation">
      <p>
        <strong>CPU</strong> is the processor time of connections, decompression, reading and appending over the last
        minutes, as a share of one CPU; what the store does later for all jobs is not in it. <strong>Memory</strong> is
        what is remembered of the targets and the job's share of the index and of samples that are not on disk yet.{' '}
        <strong>Network</strong> counts bodies as they come. <strong>Disk</strong> takes the mean size of a stored
        sample and is known after the first two hours or so.
      </p>
      <p>
        Another interval is reckoned by proportion: each scrape stays as it is, only their number changes. Shorter
        intervals show more and react sooner; longer ones carry more targets.
      </p>
    </div>
  );
}
