/** Alerts as people are told of them: by receiver and by the groups that one notification is about. */
import { useCallback, useMemo, useState } from 'preact/hooks';
import { type AlertGroup, askGroups, askReceivers } from '../../api/alerts';
import { Card } from '../../components/Card';
import { Fold } from '../../components/Fold';
import { LabelChips } from '../../components/LabelChips';
import { Name } from '../../components/Name';
import { VirtualList } from '../../components/VirtualList';
import { Waiting } from '../../components/Waiting';
import { formatCount, plural } from '../../format/number';
import { visible } from '../../format/series';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { AlertItem } from './AlertItem';
import { type NotifiedFilter, notifiedFilterOf, type NotifiedRow, rowsOfGroups } from './groups';
import { type Notifying, REFRESH_MS } from './notifying';
import { ofRouted } from './shown';

const RECEIVERS_EVERY_MS = 30_000;
const TITLE = 'By receiver and group';

export function Notified({ notifying }: { notifying: Notifying }) {
  const filter = notifiedFilterOf(query.value);
  const key = filter.mistake === undefined ? `notified ${JSON.stringify(filter.question)}` : undefined;
  const groups = useResource<AlertGroup[]>(key, (signal) => askGroups(filter.question, signal), REFRESH_MS);
  return (
    <>
      <NotifiedFilters filter={filter} />
      {filter.mistake !== undefined && groups.value === undefined && (
        <Card title={TITLE}>
          <p class="muted">The filter cannot be read yet.</p>
        </Card>
      )}
      <Waiting on={groups}>{(value) => <Groups groups={value} notifying={notifying} />}</Waiting>
    </>
  );
}

const TOGGLES = [
  { name: 'active', text: 'Active', usual: true },
  { name: 'silenced', text: 'Silenced', usual: false },
  { name: 'inhibited', text: 'Inhibited', usual: false },
  { name: 'muted', text: 'Muted', usual: false },
] as const;

function NotifiedFilters({ filter: { text, mistake, question } }: { filter: NotifiedFilter }) {
  const receivers = useResource<string[]>('receivers', askReceivers, RECEIVERS_EVERY_MS);
  const known = receivers.value ?? [];
  // The address may say a regular expression, as Alertmanager's API takes it.
  const choices = question.receiver === '' || known.includes(question.receiver) ? known : [question.receiver, ...known];
  return (
    <div class="filters">
      <div class="filter-field">
        <input
          class="field"
          type="search"
          placeholder={'Filter by matchers: severity="page", job=~"a.*"'}
          aria-label="Filter by matchers"
          aria-invalid={mistake !== undefined}
          aria-describedby="filter-mistake"
          data-search
          value={text}
          onInput={(event) => setQuery({ filter: event.currentTarget.value }, { replace: true })}
        />
        <p id="filter-mistake" class="bad small" role="status">
          {mistake}
        </p>
      </div>
      <select
        class="field"
        aria-label="Receiver"
        value={question.receiver}
        onChange={(event) => setQuery({ receiver: event.currentTarget.value })}
      >
        <option value="">All receivers</option>
        {choices.map((name) => (
          <option key={name} value={name}>
            {visible(name, 60)}
          </option>
        ))}
      </select>
      <fieldset class="checks">
        <legend class="sr-only">Which alerts</legend>
        {TOGGLES.map(({ name, text: word, usual }) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={question[name]}
              onChange={({ currentTarget: { checked } }) =>
                setQuery({ [name]: checked === usual ? undefined : checked }, { replace: true })
              }
            />{' '}
            {word}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function Groups({ groups, notifying }: { groups: readonly AlertGroup[]; notifying: Notifying }) {
  const [closed, close] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOfGroups(groups, closed), [groups, closed]);
  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const toggle = useCallback((key: string) => setOpen((before) => toggled(before, key)), []);
  const renderItem = (index: number) => {
    const row = rows[index];
    if (row === undefined) return null;
    if (row.kind === 'group')
      return <GroupHead row={row} onToggle={() => close((before) => toggled(before, row.key))} />;
    return (
      <AlertItem
        rowKey={row.key}
        alert={ofRouted(row.alert)}
        notifying={notifying}
        isOpen={open.has(row.key)}
        onToggle={toggle}
      />
    );
  };
  const kind = (index: number) => `${rows[index]?.kind} ${open.has(keys[index] ?? '')}`;
  const alerts = groups.reduce((sum, group) => sum + group.alerts.length, 0);
  const summary = `${plural(alerts, 'alert')} in ${plural(groups.length, 'group')}`;
  return (
    <Card title={TITLE} aside={<span role="status">{summary}</span>}>
      {groups.length === 0 && (
        <p class="muted">No alert fits. Those that are silenced, inhibited or muted are shown on demand.</p>
      )}
      <VirtualList label="Groups and their alerts" keys={keys} kind={kind} renderItem={renderItem} />
    </Card>
  );
}

function toggled(before: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(key)) after.add(key);
  return after;
}

function GroupHead({ row, onToggle }: { row: NotifiedRow & { kind: 'group' }; onToggle: () => void }) {
  const { group, isOpen } = row;
  return (
    <div class="group-head">
      <h3>
        <Fold isOpen={isOpen} onToggle={onToggle}>
          <Name text={group.receiver.name} most={80} />
        </Fold>
      </h3>
      {Object.keys(group.labels).length === 0 ? (
        <span class="muted">not grouped by labels</span>
      ) : (
        <LabelChips labels={group.labels} />
      )}
      <span class="muted group-facts">{formatCount(group.alerts.length)}</span>
    </div>
  );
}
