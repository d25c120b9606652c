/** Alerts as they are notified: a head for each receiver's group, and below it its alerts. */
import type { AlertGroup, RoutedAlert, RoutedQuestion } from '../../api/alerts';
import { formatMatcher, parseMatchers } from '../silences/matchers';
import { shortKey } from '../targets/rows';
import { labelsKey } from './rows';

export type NotifiedRow =
  | { kind: 'group'; key: string; group: AlertGroup; isOpen: boolean }
  | { kind: 'alert'; key: string; alert: RoutedAlert };

export function rowsOfGroups(groups: readonly AlertGroup[], closed: ReadonlySet<string>): NotifiedRow[] {
  const used = new Map<string, number>();
  return groups.flatMap((group) => {
    const name = `notified ${group.receiver.name} ${labelsKey(group.labels)}`;
    // Two routes may lead to one receiver and group alike.
    const copy = used.get(name) ?? 0;
    used.set(name, copy + 1);
    const key = shortKey(`${name} ${copy}`);
    const isOpen = !closed.has(key);
    const alerts = group.alerts.map((alert) => ({
      kind: 'alert' as const,
      key: shortKey(`${key} ${alert.fingerprint}`),
      alert,
    }));
    return [{ kind: 'group' as const, key, group, isOpen }, ...(isOpen ? alerts : [])];
  });
}

/** What the address asks for, in the form that Alertmanager's page has. */
export interface NotifiedFilter {
  text: string;
  /** What is wrong with the text, in words. */
  mistake: string | undefined;
  question: RoutedQuestion;
}

export function notifiedFilterOf(query: URLSearchParams): NotifiedFilter {
  const text = query.get('filter') ?? '';
  const parsed = parseMatchers(text);
  return {
    text,
    mistake: parsed.ok ? undefined : parsed.what,
    question: {
      filter: parsed.ok ? parsed.matchers.map(formatMatcher) : [],
      receiver: query.get('receiver') ?? '',
      active: query.get('active') !== 'false',
      silenced: query.get('silenced') === 'true',
      inhibited: query.get('inhibited') === 'true',
      muted: query.get('muted') === 'true',
    },
  };
}
