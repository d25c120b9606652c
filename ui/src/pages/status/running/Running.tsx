/** The queries that wait and run, what they hold, and those that the process before has not finished. */
import { useMemo, useState } from 'preact/hooks';
import { askQueries, type RunningQueries, type RunningQuery, type UnfinishedQuery } from '../../../api/queries';
import { Card } from '../../../components/Card';
import { Moment } from '../../../components/Moment';
import { Name } from '../../../components/Name';
import { VirtualList } from '../../../components/VirtualList';
import { Waiting } from '../../../components/Waiting';
import { formatValue, plural } from '../../../format/number';
import { useResource } from '../../../state/resource';
import { shortKey } from '../../targets/rows';
import { EndDialog } from './EndDialog';
import { QueryItem } from './QueryItem';
import { share, standing } from './words';
import '../../alerts/alerts.css';
import './running.css';

const REFRESH_MS = 1500;
const TEXT_MAX = 300;

export function Running() {
  const running = useResource<RunningQueries>('running', askQueries, REFRESH_MS);
  // The list moves while the reader reads the question, so the question is about what was chosen, not about a place in the list.
  const [chosen, choose] = useState<RunningQuery>();
  const queries = running.value?.queries ?? [];
  return (
    <>
      <Card title="Memory of all queries">
        <Waiting on={running}>{(value) => <Memory of={value} />}</Waiting>
      </Card>
      {running.value !== undefined && (
        <Card title="Waiting and running" aside={<span role="status">{standing(queries)}</span>}>
          {queries.length === 0 ? <Nothing /> : <List of={running.value} onEnd={choose} />}
        </Card>
      )}
      <Unfinished queries={running.value?.unfinished ?? []} />
      <EndDialog
        query={chosen}
        isOver={chosen !== undefined && !queries.some(({ id }) => id === chosen.id)}
        onClose={() => choose(undefined)}
      />
    </>
  );
}

function Memory({ of: { bytesHeld, bytesMax, bytesPerQueryMax, concurrencyMax } }: { of: RunningQueries }) {
  return (
    <>
      <p>
        {formatValue(bytesHeld, 'bytes')} <span class="muted">of {formatValue(bytesMax, 'bytes')} are held</span>
      </p>
      <span class={bytesHeld >= bytesMax ? 'bar full' : 'bar'}>
        <span style={{ width: share(bytesHeld, bytesMax) }} />
      </span>
      <p class="query-limits muted small">
        One query may hold {formatValue(bytesPerQueryMax, 'bytes')}, and {plural(concurrencyMax, 'query', 'queries')}{' '}
        may run at once. The flags <code>--query.max-memory</code>, <code>--query.max-memory-per-query</code> and{' '}
        <code>--query.max-concurrency</code> say so.
      </p>
    </>
  );
}

function Nothing() {
  return (
    <>
      <p>No query waits or runs.</p>
      <p class="muted small">
        Most take less time than lies between two looks at them; those that last appear here by themselves.
      </p>
    </>
  );
}

function List({
  of: { queries, bytesPerQueryMax },
  onEnd,
}: {
  of: RunningQueries;
  onEnd: (query: RunningQuery) => void;
}) {
  const keys = useMemo(() => queries.map(({ id }) => shortKey(`query ${id}`)), [queries]);
  const renderItem = (index: number) => {
    const query = queries[index];
    return query === undefined ? null : <QueryItem query={query} bytesMax={bytesPerQueryMax} onEnd={onEnd} />;
  };
  return <VirtualList label="Waiting and running" keys={keys} kind={() => 'query'} renderItem={renderItem} />;
}

/** There are no more of them than could run at once. */
function Unfinished({ queries }: { queries: readonly UnfinishedQuery[] }) {
  if (queries.length === 0) return null;
  return (
    <Card title="Not finished before the restart" aside={plural(queries.length, 'query', 'queries')}>
      <p class="muted small">
        They ran when the process before this one was killed. If it ran out of memory, the reason is likely among them.
      </p>
      <ul class="unfinished">
        {queries.map(({ query, since }, index) => (
          // Two of them may be the same in everything.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <Name text={query} most={TEXT_MAX} code />
            <span class="fact muted">
              <Moment ms={since * 1000} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
