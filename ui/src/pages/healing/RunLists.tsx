/** The runs: those under way first, then those that are over, and what was decided last. */
import { useCallback, useMemo, useState } from 'preact/hooks';
import { type Audit, askAudit, type Healing, type Run } from '../../api/healing';
import { Card } from '../../components/Card';
import { PageLink } from '../../components/PageLink';
import { VirtualList } from '../../components/VirtualList';
import { Waiting } from '../../components/Waiting';
import { plural } from '../../format/number';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { REFRESH_MS } from '../alerts/notifying';
import { shortKey } from '../targets/rows';
import { Entries } from './Entries';
import { RunItem } from './RunItem';
import { runsOf } from './runs';

/** Decisions beside the runs. */
const LATEST = 8;

export function RunLists({ healing }: { healing: Healing }) {
  const search = query.value.get('search') ?? '';
  const { live, over } = useMemo(() => runsOf(healing.runs, search), [healing, search]);
  const [chosen, choose] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback((id: string, isOpen: boolean) => choose((before) => new Map(before).set(id, isOpen)), []);
  // A link to one run opens it.
  const isOpen = (run: Run) => chosen.get(run.id) ?? run.id === search;
  return (
    <>
      <div class="filters">
        <input
          class="field"
          type="search"
          placeholder="Filter by remediation, target, alert, action or identifier"
          aria-label="Filter runs"
          data-search
          value={search}
          onInput={(event) => setQuery({ search: event.currentTarget.value }, { replace: true })}
        />
      </div>
      <Card title="Under way" aside={<span role="status">{plural(live.length, 'run')}</span>}>
        {live.length === 0 && <p class="muted">Nothing is being healed.</p>}
        <List label="Runs under way" runs={live} isOpen={isOpen} onToggle={toggle} />
      </Card>
      <div class="healing-halves">
        <Card title="Over" aside={<span role="status">{plural(over.length, 'run')}</span>}>
          {over.length === 0 && <p class="muted">{search === '' ? 'No run yet.' : 'No run fits the filter.'}</p>}
          <List label="Runs that are over" runs={over} isOpen={isOpen} onToggle={toggle} />
        </Card>
        <Latest />
      </div>
    </>
  );
}

interface ListProps {
  label: string;
  runs: readonly Run[];
  isOpen: (run: Run) => boolean;
  onToggle: (id: string, isOpen: boolean) => void;
}

function List({ label, runs, isOpen, onToggle }: ListProps) {
  const keys = useMemo(() => runs.map(({ id }) => shortKey(`run ${id}`)), [runs]);
  const kind = (index: number) => {
    const run = runs[index];
    return run === undefined ? '' : String(isOpen(run));
  };
  const renderItem = (index: number) => {
    const run = runs[index];
    return run === undefined ? null : <RunItem run={run} isOpen={isOpen(run)} onToggle={onToggle} />;
  };
  return <VirtualList label={label} keys={keys} kind={kind} renderItem={renderItem} />;
}

function Latest() {
  const question = { limit: LATEST, before: undefined, decision: undefined, remediation: undefined };
  const audit = useResource<Audit>('healing latest', (signal) => askAudit(question, signal), REFRESH_MS);
  return (
    <Card
      title="Latest decisions"
      aside={
        <PageLink to="/healing" params={{ view: 'audit' }}>
          All
        </PageLink>
      }
    >
      <Waiting on={audit}>{({ entries }) => <Entries entries={entries} />}</Waiting>
    </Card>
  );
}
