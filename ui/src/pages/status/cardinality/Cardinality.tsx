/** Where series come from: groups of them to go into, what has grown, what nothing asks for, and what is refused. */
import { askGroups, askLimits, type Groups, type Limits } from '../../../api/cardinality';
import { Card } from '../../../components/Card';
import type { Fact } from '../../../components/Facts';
import { Figures } from '../../../components/Figures';
import { Waiting } from '../../../components/Waiting';
import { formatCount, formatValue } from '../../../format/number';
import { query } from '../../../router';
import { serverNow } from '../../../state/clock';
import { useResource } from '../../../state/resource';
import { Choices } from './Choices';
import { GroupTable } from './GroupTable';
import { Refused } from './Refused';
import { Way } from './Way';
import { listed } from './words';
import { questionOf, viewOf } from './view';
import './cardinality.css';

const REFRESH_MS = 30_000;
const REFUSED_MAX = 200;

export function Cardinality() {
  const view = viewOf(query.value);
  const question = questionOf(view, serverNow());
  const groups = useResource<Groups>(
    `cardinality ${JSON.stringify(question)}`,
    (signal) => askGroups(question, signal),
    REFRESH_MS,
  );
  const limits = useResource<Limits>('limits', (signal) => askLimits(REFUSED_MAX, signal), REFRESH_MS);
  return (
    <>
      <Card title="Series">
        <Waiting on={groups}>{(value) => <Figures facts={[...sums(value), ...memory(limits.value)]} />}</Waiting>
        {limits.value !== undefined && <ShortMemory limits={limits.value} />}
      </Card>
      <Card
        title="Where they come from"
        aside={groups.value !== undefined && <span role="status">{listed(groups.value)}</span>}
      >
        <Choices view={view} />
        <Way view={view} />
        <Waiting on={groups}>{(value) => <GroupTable view={view} groups={value} />}</Waiting>
      </Card>
      <Refused limits={limits} />
    </>
  );
}

function sums({ series, seriesKept }: Groups): Fact[] {
  return [
    ['Written now', formatCount(series)],
    ['With older samples', formatCount(seriesKept)],
  ];
}

function memory(limits: Limits | undefined): Fact[] {
  if (limits === undefined) return [];
  const { usedBytes, limitBytes } = limits.memory;
  const of = limitBytes > 0 ? ` of ${formatValue(limitBytes, 'bytes')}` : '';
  return [
    ['Memory', `${formatValue(usedBytes, 'bytes')}${of}`],
    ['Refused', formatCount(limits.refused.reduce((sum, { series }) => sum + series, 0))],
  ];
}

function ShortMemory({ limits: { memory: of } }: { limits: Limits }) {
  if (!of.refusesAll && of.refusedJobs.length === 0) return null;
  const whose = of.refusesAll ? 'all jobs' : of.refusedJobs.map((job) => (job === '' ? '(none)' : job)).join(', ');
  return (
    <p class="warn" role="alert">
      Memory is short, so new series of {whose} are refused. Series that were there go on.
    </p>
  );
}
