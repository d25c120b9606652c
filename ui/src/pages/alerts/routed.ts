/** Which alerts nobody is told of, and why: joins what rules say with what the notifying side says. */
import type { AlertStatus, RoutedAlert } from '../../api/alerts';
import type { Labels } from '../../api/query';
import { groupBy } from '../../group';

export interface Routes {
  /** What is known about the alert with these labels. */
  of: (labels: Labels) => RoutedAlert | undefined;
  /** The alert with a fingerprint. */
  byFingerprint: (fingerprint: string) => RoutedAlert | undefined;
}

/**
 * On its way an alert gets the server's external labels, which its rule does not know. They are what all alerts have in common, so alerts
 * that do not agree as they are, are compared without that.
 */
export function routesOf(alerts: readonly RoutedAlert[]): Routes {
  const common = commonOf(alerts.map(({ labels }) => labels));
  const fingerprints = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
  // A few are looked up of many, so that the index is one that is cheap to make.
  const candidates = groupBy(alerts, ({ labels }) => roughKey(labels));
  return {
    of: (labels) => {
      const alike = candidates.get(roughKey(labels)) ?? [];
      const wanted = without(labels, common);
      return (
        alike.find((alert) => isEqual(alert.labels, labels)) ??
        alike.find((alert) => isEqual(without(alert.labels, common), wanted))
      );
    },
    byFingerprint: (fingerprint) => fingerprints.get(fingerprint),
  };
}

function roughKey({ alertname, instance }: Labels): string {
  return `${alertname}\n${instance}`;
}

function commonOf([first, ...others]: readonly Labels[]): Labels {
  const common = Object.entries(first ?? {}).filter(([name, value]) =>
    others.every((labels) => labels[name] === value),
  );
  return Object.fromEntries(common);
}

function without(labels: Labels, common: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name, value]) => common[name] !== value));
}

function isEqual(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

export function isSuppressed({ silencedBy, inhibitedBy, mutedBy }: AlertStatus): boolean {
  return silencedBy.length + inhibitedBy.length + mutedBy.length > 0;
}
