/** Groups of rules as rows: a head for each group, below it its rules, and below each rule its alerts. */
import type { Labels } from '../../api/query';
import type { RaisedAlert, Rule, RuleGroup } from '../../api/rules';
import { shortKey } from '../targets/rows';
import { type Filter, hasState, isStateWanted, textOfAlert, textOfRule, wordsOf } from './filter';

export interface StateCounts {
  firing: number;
  pending: number;
  inactive: number;
  failing: number;
}

export interface GroupRow {
  kind: 'group';
  key: string;
  group: RuleGroup;
  /** Of its rules, whatever the filter says. */
  counts: StateCounts;
  isOpen: boolean;
}

export interface RuleRow {
  kind: 'rule';
  key: string;
  rule: Rule;
  /** Of its alerts, whatever the filter says. */
  counts: Pick<StateCounts, 'firing' | 'pending'>;
  isOpen: boolean;
}

export interface AlertRow {
  kind: 'alert';
  key: string;
  alert: RaisedAlert;
  rule: Rule;
}

export type Row = GroupRow | RuleRow | AlertRow;

export interface Rows {
  rows: Row[];
  /** How many rules and alerts are shown, and how many there are. */
  shown: Totals;
  all: Totals;
}

export interface Totals {
  rules: number;
  alerts: number;
}

export interface View {
  filter: Filter;
  /** Whether alerts stand below their rules. */
  withAlerts: boolean;
  /** What the reader opened or closed, by key; other groups are open, and other rules if they have alerts. */
  chosen: ReadonlyMap<string, boolean>;
}

/** A rule with those of its alerts that pass. */
interface Passing {
  rule: Rule;
  key: string;
  alerts: readonly RaisedAlert[];
}

/** The rows of the rules and alerts that pass the filter. Groups with alerts come first where alerts are shown. */
export function rowsOf(groups: readonly RuleGroup[], view: View): Rows {
  const result: Rows = { rows: [], shown: { rules: 0, alerts: 0 }, all: { rules: 0, alerts: 0 } };
  const ordered = view.withAlerts ? groups.toSorted((a, b) => rankOf(a) - rankOf(b)) : groups;
  for (const group of ordered) {
    count(
      result.all,
      group.rules.map((rule) => ({ alerts: alertsOf(rule) })),
    );
    const passing = passingOf(group, view.filter);
    if (passing.length === 0) continue;
    count(result.shown, passing);
    const key = shortKey(`group ${group.file} ${group.name}`);
    const isOpen = view.chosen.get(key) ?? true;
    result.rows.push({ kind: 'group', key, group, counts: countsOf([group]), isOpen });
    if (isOpen) for (const one of passing) pushRule(result.rows, one, view);
  }
  return result;
}

function count(totals: Totals, rules: readonly { alerts: readonly RaisedAlert[] }[]): void {
  totals.rules += rules.length;
  for (const { alerts } of rules) totals.alerts += alerts.length;
}

function pushRule(rows: Row[], { rule, key, alerts }: Passing, view: View): void {
  const isOpen = view.chosen.get(key) ?? (view.withAlerts && alertsOf(rule).length > 0);
  rows.push({ kind: 'rule', key, rule, counts: alertCountsOf(rule), isOpen });
  if (!isOpen || !view.withAlerts) return;
  for (const alert of alerts.toSorted(firingAndOldestFirst)) {
    rows.push({ kind: 'alert', key: shortKey(`alert ${key} ${labelsKey(alert.labels)}`), alert, rule });
  }
}

/** The rules that pass, each with its alerts that do: a word may be in the rule or in the alert. */
function passingOf(group: RuleGroup, filter: Filter): Passing[] {
  const words = wordsOf(filter.search);
  const passing: Passing[] = [];
  const used = new Map<string, number>();
  for (const rule of group.rules) {
    const name = `rule ${group.file} ${group.name} ${rule.type} ${rule.name}`;
    // A group may have several rules of one name.
    const copy = used.get(name) ?? 0;
    used.set(name, copy + 1);
    if (!hasState(rule, filter.state)) continue;
    const text = textOfRule(rule, group.name, group.file);
    const left = words.filter((word) => !text.includes(word));
    const found = alertsOf(rule).filter(
      (alert) => isStateWanted(alert, filter.state) && left.every((word) => textOfAlert(alert).includes(word)),
    );
    if (left.length > 0 && found.length === 0) continue;
    passing.push({ rule, key: shortKey(`${name} ${copy}`), alerts: found });
  }
  return passing;
}

export function alertsOf(rule: Rule): readonly RaisedAlert[] {
  return rule.type === 'alerting' ? rule.alerts : [];
}

/** How many rules have each state. */
export function countsOf(groups: readonly RuleGroup[]): StateCounts {
  const counts: StateCounts = { firing: 0, pending: 0, inactive: 0, failing: 0 };
  for (const { rules } of groups) {
    for (const rule of rules) {
      for (const state of ['firing', 'pending', 'inactive', 'failing'] as const) {
        if (hasState(rule, state)) counts[state] += 1;
      }
    }
  }
  return counts;
}

function alertCountsOf(rule: Rule): RuleRow['counts'] {
  const alerts = alertsOf(rule);
  const firing = alerts.filter(({ state }) => state === 'firing').length;
  return { firing, pending: alerts.length - firing };
}

/** What needs attention comes first. */
function rankOf({ rules }: RuleGroup): number {
  if (rules.some((rule) => hasState(rule, 'firing') || hasState(rule, 'failing'))) return 0;
  return rules.some((rule) => hasState(rule, 'pending')) ? 1 : 2;
}

function firingAndOldestFirst(a: RaisedAlert, b: RaisedAlert): number {
  if (a.state !== b.state) return a.state === 'firing' ? -1 : 1;
  return (a.activeAt ?? 0) - (b.activeAt ?? 0);
}

const labelTexts = new WeakMap<Labels, string>();

/** A text that stands for labels, which the server always tells in one order. */
export function labelsKey(labels: Labels): string {
  let text = labelTexts.get(labels);
  if (text === undefined) {
    text = '';
    for (const name in labels) text += `${name}\n${labels[name]}\n`;
    labelTexts.set(labels, text);
  }
  return text;
}
