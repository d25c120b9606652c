/** The alerts that matchers match, as the server says. */
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { askRouted, type RoutedAlert } from '../../api/alerts';
import type { Matcher } from '../../api/silences';
import { Card } from '../../components/Card';
import { Icon } from '../../components/Icon';
import { VirtualList } from '../../components/VirtualList';
import { Waiting } from '../../components/Waiting';
import { plural } from '../../format/number';
import { useResource } from '../../state/resource';
import { AlertItem } from '../alerts/AlertItem';
import { type Notifying, REFRESH_MS, useNotifying, useRouted } from '../alerts/notifying';
import { ofRouted } from '../alerts/shown';
import { shortKey } from '../targets/rows';
import { breadthOf } from './listing';
import { formatMatcher, isOpen } from './matchers';

/** Nobody is asked while somebody types, in milliseconds. */
const SETTLED_MS = 250;

export interface AffectedProps {
  title: string;
  matchers: readonly Matcher[];
  /** Whether a wide choice deserves a warning. */
  isNew?: boolean;
}

export function Affected({ title, matchers, isNew = false }: AffectedProps) {
  const filter = useSettled(JSON.stringify(matchers.map(formatMatcher)));
  const alerts = useResource<RoutedAlert[]>(
    filter === '[]' ? undefined : `routed ${filter}`,
    (signal) => askRouted(signal, JSON.parse(filter) as string[]),
    REFRESH_MS,
  );
  const all = useRouted();
  const warning =
    isNew && alerts.value !== undefined && matchers.length > 0
      ? breadthOf(matchers.every(isOpen), alerts.value.length, all.value?.length ?? 0)
      : undefined;
  if (matchers.length === 0) {
    return (
      <Card title={title}>
        <p class="muted">Name a label to see the alerts that would be silenced.</p>
      </Card>
    );
  }
  return (
    <Card
      title={title}
      aside={<span role="status">{alerts.value !== undefined && plural(alerts.value.length, 'alert')}</span>}
    >
      <p class="warn breadth" role="status">
        {warning !== undefined && (
          <>
            <Icon name="warn" /> {warning}
          </>
        )}
      </p>
      {alerts.failure?.kind === 'query' ? (
        <Waiting on={{ failure: alerts.failure }}>{() => null}</Waiting>
      ) : (
        <Waiting on={alerts}>{(value) => <Listed alerts={value} isNew={isNew} />}</Waiting>
      )}
    </Card>
  );
}

function Listed({ alerts, isNew }: { alerts: readonly RoutedAlert[]; isNew: boolean }) {
  const notifying = useNotifying();
  // They are being silenced just now.
  const quiet = useMemo<Notifying>(() => ({ ...notifying, silence: () => undefined }), [notifying]);
  const [open, setOpen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback(
    (key: string, isNowOpen: boolean) => setOpen((before) => new Map(before).set(key, isNowOpen)),
    [],
  );
  const keys = useMemo(() => alerts.map(({ fingerprint }) => shortKey(`affected ${fingerprint}`)), [alerts]);
  const renderItem = (index: number) => {
    const [alert, key] = [alerts[index], keys[index] ?? ''];
    if (alert === undefined) return null;
    return (
      <AlertItem
        rowKey={key}
        alert={ofRouted(alert)}
        notifying={quiet}
        isOpen={open.get(key) ?? false}
        onToggle={toggle}
      />
    );
  };
  return (
    <>
      {alerts.length === 0 && (
        <p class="muted">
          {isNew ? 'None now. Those that come while it lasts will be silenced if they match.' : 'None.'}
        </p>
      )}
      <VirtualList
        label="Alerts"
        class="affected"
        keys={keys}
        kind={(index) => String(open.get(keys[index] ?? ''))}
        renderItem={renderItem}
      />
    </>
  );
}

/** A text as it was when it had not changed for a moment. */
function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
