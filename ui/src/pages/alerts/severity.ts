/** How bad it is, and for how long. */
import type { RaisedAlert } from '../../api/rules';
import { visible } from '../../format/series';
import { groupBy } from '../../group';
import { zone } from '../../state/zone';

/** Words that people use, the worst first; others come behind them. */
const WORST_FIRST = ['critical', 'page', 'high', 'error', 'warning', 'medium', 'low', 'info', 'none'];
const WORD_MAX = 30;
/** More severities are told together. */
const SHOWN_MAX = 4;

export interface SeverityCount {
  severity: string;
  count: number;
}

/** How many alerts there are of each severity; alerts without one are `without severity`. */
export function bySeverity(alerts: readonly RaisedAlert[]): SeverityCount[] {
  const groups = groupBy(alerts, ({ labels }) => labels.severity ?? '');
  const counts = [...groups].map(([severity, { length }]) => ({ severity, count: length }));
  const sorted = counts.toSorted((a, b) => rankOf(a.severity) - rankOf(b.severity) || b.count - a.count);
  const told = sorted.slice(0, SHOWN_MAX).map(({ severity, count }) => ({
    severity: severity === '' ? 'without severity' : visible(severity, WORD_MAX),
    count,
  }));
  const rest = sorted.slice(SHOWN_MAX).reduce((sum, { count }) => sum + count, 0);
  return rest === 0 ? told : [...told, { severity: 'others', count: rest }];
}

function rankOf(severity: string): number {
  const rank = WORST_FIRST.indexOf(severity.toLowerCase());
  return rank < 0 ? WORST_FIRST.length : rank;
}

/** The worst first, and among those that are equally bad the oldest. */
export function worstFirst(alerts: readonly RaisedAlert[]): RaisedAlert[] {
  const rank = ({ labels }: RaisedAlert) => rankOf(labels.severity ?? '');
  return alerts.toSorted((a, b) => rank(a) - rank(b) || (a.activeAt ?? 0) - (b.activeAt ?? 0));
}

/** When the day of a moment began, in the zone that is chosen; in milliseconds. */
export function dayStart(ms: number): number {
  const day = new Date(ms);
  if (zone.value === 'utc') day.setUTCHours(0, 0, 0, 0);
  else day.setHours(0, 0, 0, 0);
  return day.getTime();
}
