/** What the limits have refused, by job and metric. */
import type { Limits, RefusedSeries } from '../../../api/cardinality';
import { Card } from '../../../components/Card';
import { FromNow } from '../../../components/Elapsed';
import { Name } from '../../../components/Name';
import { Waiting } from '../../../components/Waiting';
import { formatCount, plural } from '../../../format/number';
import type { Snapshot } from '../../../state/resource';

const NAME_MAX = 80;

const REASONS: Record<string, string> = {
  metric: 'its metric has enough',
  job: 'its job has enough',
  memory: 'memory is short',
};

export function Refused({ limits }: { limits: Snapshot<Limits> }) {
  const now = limits.value?.refused.reduce((sum, { series }) => sum + series, 0);
  return (
    <Card title="Refused" aside={now !== undefined && now > 0 && plural(now, 'series', 'series')}>
      <Waiting on={limits}>
        {(value) => (
          <>
            {value.refused.length > 0 && <Table refused={value.refused} />}
            <Said limits={value} />
          </>
        )}
      </Waiting>
    </Card>
  );
}

function Table({ refused }: { refused: readonly RefusedSeries[] }) {
  return (
    // Scrolls sideways, so it has to be reachable for the arrow keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Refused series">
      <table class="data refused">
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Metric</th>
            <th scope="col" class="num">
              Series
            </th>
            <th scope="col">Because</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {refused.map(({ job, metric, series, reason, lastRefused }) => (
            <tr key={`${job}\0${metric}`}>
              <td>
                <Name text={job} most={NAME_MAX} />
              </td>
              <td>
                <Name text={metric} most={NAME_MAX} code />
              </td>
              <td class="num">{formatCount(series)}</td>
              <td>{REASONS[reason] ?? <Name text={reason} most={NAME_MAX} />}</td>
              <td class="muted">
                <FromNow ms={lastRefused * 1000} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The limits in a sentence. */
function Said({ limits: { seriesPerMetric, seriesPerJob, jobs, refused } }: { limits: Limits }) {
  const each = [
    seriesPerMetric > 0 ? `a metric has ${plural(seriesPerMetric, 'series', 'series')} at most` : '',
    seriesPerJob > 0 ? `a job ${plural(seriesPerJob, 'series', 'series')}` : '',
    jobs.length > 0
      ? `${plural(jobs.length, 'job')} ${jobs.length === 1 ? 'has a limit of its' : 'have limits of their'} own`
      : '',
  ].filter((part) => part !== '');
  const said = each.length === 0 ? 'Nothing but memory limits how many series there may be' : `${each.join(', ')}`;
  return (
    <p class="muted small">
      {refused.length === 0 && 'Nothing was refused. '}
      {said.charAt(0).toUpperCase() + said.slice(1)}. The section <code>storage.limits</code> of <code>regain.yml</code>{' '}
      says so.
    </p>
  );
}
