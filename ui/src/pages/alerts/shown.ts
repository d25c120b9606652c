/** An alert as the lists show it, whoever told of it. */
import type { AlertStatus, RoutedAlert } from '../../api/alerts';
import { type Labels, parseNumber } from '../../api/query';
import type { RaisedAlert } from '../../api/rules';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';

export interface ShownAlert {
  labels: Labels;
  annotations: Labels;
  state: 'firing' | 'pending';
  /** In milliseconds. */
  since: number | undefined;
  /** Since when it fires only because its rule says so; in milliseconds. */
  keptSince: number | undefined;
  /** Of its rule's expression, where that is known. */
  value: number | undefined;
  /** Where it came from: a link that somebody else wrote, or nothing. */
  origin: string;
  receivers: readonly string[];
  status: AlertStatus | undefined;
}

export function ofRaised(alert: RaisedAlert, routed: RoutedAlert | undefined): ShownAlert {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    since: alert.activeAt,
    keptSince: alert.keepFiringSince,
    value: alert.value === '' ? undefined : parseNumber(alert.value),
    origin: '',
    receivers: routed?.receivers.map(({ name }) => name) ?? [],
    status: routed?.status,
  };
}

export function ofRouted(alert: RoutedAlert): ShownAlert {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: 'firing',
    since: parseMoment(alert.startsAt),
    keptSince: undefined,
    value: undefined,
    origin: alert.generatorURL,
    receivers: alert.receivers.map(({ name }) => name),
    status: alert.status,
  };
}

const PAIR_MAX = 60;
const PAIRS_MAX = 3;

/** What tells an alert from others of its rule, in few words. */
export function titleOf(labels: Labels): string {
  const { alertname, instance, ...others } = labels;
  if (instance !== undefined) return instance;
  const pairs = Object.entries(others).map(
    ([name, value]) => `${visible(name, PAIR_MAX)}="${visible(value, PAIR_MAX)}"`,
  );
  return pairs.length === 0 ? (alertname ?? '') : pairs.slice(0, PAIRS_MAX).join(', ');
}

/** The annotation that says in a sentence what is wrong. */
export function summaryOf({ summary, message, description, title }: Labels): string | undefined {
  return [summary, message, description, title].find((text) => text !== undefined && text !== '');
}
