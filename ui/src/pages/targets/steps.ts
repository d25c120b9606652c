/** What a relabelling rule changed, and how it is written. */
import type { Labels } from '../../api/query';
import type { Rule, Step } from '../../api/relabel';

export interface Change {
  name: string;
  /** Nothing for a label that is new. */
  before: string | undefined;
  /** Nothing for a label that is gone. */
  after: string | undefined;
}

/** The labels that differ, by name. */
export function changesOf(before: Labels, after: Labels): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .map((name) => ({ name, before: before[name], after: after[name] }))
    .filter((change) => change.before !== change.after);
}

export interface ShownStep {
  rule: Rule;
  changes: Change[];
  isDropped: boolean;
}

/** The steps up to the one that drops the target, each with what it changed. */
export function shownSteps(discovered: Labels, steps: readonly Step[]): ShownStep[] {
  const shown: ShownStep[] = [];
  let before = discovered;
  for (const { rule, output, keep } of steps) {
    shown.push({ rule, changes: keep ? changesOf(before, output) : [], isDropped: !keep });
    if (!keep) break;
    before = output;
  }
  return shown;
}

/** What holds where a rule says nothing; the server fills it in. */
const DEFAULTS: Rule = { separator: ';', regex: '(.*)', replacement: '$1', action: 'replace' };
const ORDER = ['action', 'source_labels', 'separator', 'regex', 'modulus', 'target_label', 'replacement'];

/** The fields of a rule that differ from the defaults, its action first. */
export function fieldsOf(rule: Rule): [name: string, value: string][] {
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(rule)
    .filter(([name, value]) => name === 'action' || DEFAULTS[name] !== value)
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([name, value]) => [name, Array.isArray(value) ? `[${value.join(', ')}]` : String(value)]);
}
