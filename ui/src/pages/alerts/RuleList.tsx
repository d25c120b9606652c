/** Rules by group, and the alerts that they raise. */
import { useCallback, useMemo, useState } from 'preact/hooks';
import { askRules, type RuleGroup } from '../../api/rules';
import { Card } from '../../components/Card';
import { FromNow } from '../../components/Elapsed';
import { Fold } from '../../components/Fold';
import { Name } from '../../components/Name';
import { VirtualList } from '../../components/VirtualList';
import { Waiting } from '../../components/Waiting';
import { formatDuration } from '../../format/duration';
import { formatCount, formatSeconds, plural } from '../../format/number';
import { parseMoment } from '../../format/time';
import { query } from '../../router';
import { rarelyIfAbsent } from '../../state/absent';
import { type Load, type Snapshot, useResource } from '../../state/resource';
import { AlertItem } from './AlertItem';
import { filterOf } from './filter';
import { Filters } from './Filters';
import { type Notifying, REFRESH_MS } from './notifying';
import { type GroupRow, type Row, type Rows, rowsOf } from './rows';
import { RuleItem } from './RuleItem';
import { ofRaised } from './shown';

const loads: Readonly<Record<'alert' | 'all', Load<RuleGroup[]>>> = {
  alert: rarelyIfAbsent((signal) => askRules('alert', signal)),
  all: rarelyIfAbsent((signal) => askRules(undefined, signal)),
};

/** The rules that raise alerts, or all. */
export function useRules(which: 'alert' | 'all'): Snapshot<RuleGroup[]> {
  return useResource<RuleGroup[]>(`rules ${which}`, loads[which], REFRESH_MS);
}

export interface RuleListProps {
  groups: Snapshot<RuleGroup[]>;
  notifying: Notifying;
  withAlerts: boolean;
}

export function RuleList({ groups, notifying, withAlerts }: RuleListProps) {
  return (
    <>
      <Filters groups={groups.value} withAlerts={withAlerts} />
      <Waiting on={groups}>
        {(value) => <Listed groups={value} notifying={notifying} withAlerts={withAlerts} />}
      </Waiting>
    </>
  );
}

interface ListedProps {
  groups: readonly RuleGroup[];
  notifying: Notifying;
  withAlerts: boolean;
}

function Listed({ groups, notifying, withAlerts }: ListedProps) {
  const [chosen, choose] = useState<ReadonlyMap<string, boolean>>(new Map());
  const filter = filterOf(query.value);
  const view = { filter, withAlerts, chosen };
  const listed = useMemo(() => rowsOf(groups, view), [groups, filter.search, filter.state, withAlerts, chosen]);
  const { rows } = listed;
  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const toggle = useCallback(
    (key: string, isOpen: boolean) => choose((before) => new Map(before).set(key, isOpen)),
    [],
  );
  if (groups.length === 0) return <NoRules withAlerts={withAlerts} />;
  const kind = (index: number) => kindOf(rows[index], chosen);
  const renderItem = (index: number) => {
    const row = rows[index];
    if (row === undefined) return null;
    if (row.kind === 'group') return <GroupHead row={row} onToggle={toggle} />;
    if (row.kind === 'rule') return <RuleItem row={row} withAlerts={withAlerts} onToggle={toggle} />;
    const alert = ofRaised(row.alert, notifying.routes?.of(row.alert.labels));
    const isOpen = chosen.get(row.key) ?? false;
    return (
      <AlertItem
        rowKey={row.key}
        alert={alert}
        notifying={notifying}
        rule={row.rule}
        isOpen={isOpen}
        onToggle={toggle}
      />
    );
  };
  return (
    <Card title={withAlerts ? 'By group and rule' : 'By group'} aside={<Summary of={listed} withAlerts={withAlerts} />}>
      {rows.length === 0 && <p class="muted">Nothing fits the filter.</p>}
      <VirtualList
        label={withAlerts ? 'Rules and their alerts' : 'Rules'}
        keys={keys}
        kind={kind}
        renderItem={renderItem}
      />
    </Card>
  );
}

function kindOf(row: Row | undefined, chosen: ReadonlyMap<string, boolean>): string {
  if (row?.kind === 'alert') return chosen.get(row.key) === true ? 'open alert' : 'alert';
  return row?.kind === 'rule' ? `rule ${row.isOpen}` : 'group';
}

function Summary({ of: { shown, all }, withAlerts }: { of: Rows; withAlerts: boolean }) {
  const rules = told(shown.rules, all.rules, 'rule');
  return <span role="status">{withAlerts ? `${told(shown.alerts, all.alerts, 'alert')}, ${rules}` : rules}</span>;
}

function told(shown: number, all: number, word: string): string {
  return shown === all ? plural(all, word) : `${formatCount(shown)} of ${plural(all, word)}`;
}

function GroupHead({
  row: { key, group, counts, isOpen },
  onToggle,
}: {
  row: GroupRow;
  onToggle: (key: string, isOpen: boolean) => void;
}) {
  const evaluated = parseMoment(group.lastEvaluation);
  return (
    <div class="group-head">
      <h3>
        <Fold isOpen={isOpen} onToggle={() => onToggle(key, !isOpen)}>
          <Name text={group.name} most={80} />
        </Fold>
      </h3>
      {counts.firing > 0 && <span class="bad">{formatCount(counts.firing)} firing</span>}
      {counts.pending > 0 && <span class="warn">{formatCount(counts.pending)} pending</span>}
      {counts.failing > 0 && <span class="bad">{formatCount(counts.failing)} failing</span>}
      <span class="muted">{plural(group.rules.length, 'rule')}</span>
      <span class="muted group-facts">
        <Name text={group.file} most={100} /> · every {formatDuration(group.interval)}
        {group.limit > 0 && ` · at most ${formatCount(group.limit)} alerts or series`}
        {evaluated !== undefined && (
          <>
            {' '}
            · took {formatSeconds(group.evaluationTime)} <FromNow ms={evaluated} />
          </>
        )}
      </span>
    </div>
  );
}

function NoRules({ withAlerts }: { withAlerts: boolean }) {
  return (
    <Card title={withAlerts ? 'No rule raises alerts' : 'There are no rules'}>
      <p>
        Rules are in files that <code>rule_files</code> of the configuration names. <code>promtool check rules</code>{' '}
        says whether they are right before a reload does.
      </p>
    </Card>
  );
}
