/** Which rules and alerts are shown. The address has it in the form that Prometheus' page has: `search`, and `state` once for each. */
import type { RaisedAlert, Rule } from '../../api/rules';
import { searchText } from '../targets/filter';

/** `failing` are the rules that cannot be evaluated. */
export type StateFilter = 'all' | 'firing' | 'pending' | 'inactive' | 'failing';

export interface Filter {
  search: string;
  state: StateFilter;
}

const STATES: readonly StateFilter[] = ['firing', 'pending', 'inactive', 'failing'];

export function filterOf(query: URLSearchParams): Filter {
  const said = new Set(query.getAll('state').flatMap((text) => text.split(',')));
  const wanted = STATES.filter((state) => said.has(state));
  // The page offers one state or all.
  return { search: query.get('search') ?? '', state: wanted.length === 1 ? (wanted[0] as StateFilter) : 'all' };
}

/** Whether a rule has the state; those that have several are found by each. */
export function hasState(rule: Rule, state: StateFilter): boolean {
  if (state === 'all') return true;
  if (state === 'failing') return rule.health === 'err';
  if (rule.type === 'recording') return false;
  if (state === 'inactive') return rule.state === 'inactive' || rule.state === 'unknown';
  return rule.state === state || rule.alerts.some((alert) => alert.state === state);
}

/** Whether an alert is shown among those of a rule that has the state. */
export function isStateWanted(alert: RaisedAlert, state: StateFilter): boolean {
  return (state !== 'firing' && state !== 'pending') || alert.state === state;
}

const ruleTexts = new WeakMap<Rule, string>();
const alertTexts = new WeakMap<RaisedAlert, string>();

/** What searches for a rule look into; `group` and `file` are those that it is in. */
export function textOfRule(rule: Rule, group: string, file: string): string {
  return kept(ruleTexts, rule, () => searchText(rule.labels, group, file, rule.name, rule.query, rule.lastError));
}

export function textOfAlert(alert: RaisedAlert): string {
  return kept(alertTexts, alert, () => searchText(alert.labels, ...Object.values(alert.annotations)));
}

function kept<T extends object>(texts: WeakMap<T, string>, of: T, make: () => string): string {
  let text = texts.get(of);
  if (text === undefined) {
    text = make();
    texts.set(of, text);
  }
  return text;
}

/** The words of a search; labels may be written with their quotes. */
export function wordsOf(search: string): string[] {
  return search
    .toLowerCase()
    .replaceAll('"', '')
    .split(/\s+/)
    .filter((word) => word !== '');
}
