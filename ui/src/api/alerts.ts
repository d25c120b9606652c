/** Alerts as whoever notifies knows them, and where alerts are sent. */
import { askAlertmanager } from './alertmanager';
import { mapOutcome, type Outcome } from './failure';
import type { Labels } from './query';
import { ask, type Fields } from './request';
import { list, object, table, text, withDefault } from './shape';

export interface AlertStatus {
  /** `unprocessed`, `active` or `suppressed`. */
  state: string;
  /** Identifiers of silences. */
  silencedBy: string[];
  /** Fingerprints of alerts. */
  inhibitedBy: string[];
  /** Names of time intervals. */
  mutedBy: string[];
}

export interface RoutedAlert {
  labels: Labels;
  annotations: Labels;
  /** Where it comes from: a link that somebody else wrote. */
  generatorURL: string;
  startsAt: string;
  fingerprint: string;
  receivers: { name: string }[];
  status: AlertStatus;
}

/** The alerts that one notification tells of. */
export interface AlertGroup {
  labels: Labels;
  receiver: { name: string };
  alerts: RoutedAlert[];
}

const names = withDefault(list(text), []);
const receiver = object<{ name: string }>({ name: text });

const routedAlert = object<RoutedAlert>({
  labels: table(text),
  annotations: withDefault(table(text), {}),
  generatorURL: withDefault(text, ''),
  startsAt: text,
  fingerprint: text,
  receivers: withDefault(list(receiver), []),
  status: object<AlertStatus>({ state: text, silencedBy: names, inhibitedBy: names, mutedBy: names }),
});

const alertGroup = object<AlertGroup>({ labels: table(text), receiver, alerts: list(routedAlert) });

/** Which alerts are asked for. */
export interface RoutedQuestion {
  /** Matchers, such as `job="api"`. */
  filter: readonly string[];
  receiver: string;
  active: boolean;
  silenced: boolean;
  inhibited: boolean;
  muted: boolean;
}

/** The alerts that match all of the matchers; suppressed ones too. */
export function askRouted(signal?: AbortSignal, filter: readonly string[] = []): Promise<Outcome<RoutedAlert[]>> {
  return askAlertmanager('alerts', { filter }, list(routedAlert), { signal });
}

export function askGroups(question: RoutedQuestion, signal?: AbortSignal): Promise<Outcome<AlertGroup[]>> {
  const { filter, receiver: name, active, silenced, inhibited, muted } = question;
  const toggles = Object.entries({ active, silenced, inhibited, muted }).map(([key, on]) => [key, String(on)]);
  const fields: Fields = { filter, receiver: name === '' ? undefined : name, ...Object.fromEntries(toggles) };
  return askAlertmanager('alerts/groups', fields, list(alertGroup), { signal });
}

export async function askReceivers(signal?: AbortSignal): Promise<Outcome<string[]>> {
  return mapOutcome(await askAlertmanager('receivers', {}, list(receiver), { signal }), (all) =>
    all.map(({ name }) => name),
  );
}

const alertmanagers = object<{ activeAlertmanagers: { url: string }[] }>({
  activeAlertmanagers: list(object<{ url: string }>({ url: text })),
});

/** The addresses that alerts are sent to. */
export async function askDestinations(signal?: AbortSignal): Promise<Outcome<string[]>> {
  return mapOutcome(await ask('alertmanagers', {}, alertmanagers, { signal }), ({ activeAlertmanagers }) =>
    activeAlertmanagers.map(({ url }) => url),
  );
}
