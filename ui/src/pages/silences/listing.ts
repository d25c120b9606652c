/** Which silences are listed, and in which order. */
import type { RoutedAlert } from '../../api/alerts';
import type { Silence, SilenceState } from '../../api/silences';
import { matcherOf } from '../targets/filter';
import { formatMatcher, isSame, parseMatchers } from './matchers';

export const STATES: readonly SilenceState[] = ['active', 'pending', 'expired'];

export function stateOf(query: URLSearchParams): SilenceState {
  const asked = query.get('state');
  return STATES.find((state) => state === asked) ?? 'active';
}

export type Counts = Record<SilenceState, number>;

export function countsOf(silences: readonly Silence[]): Counts {
  const counts: Counts = { active: 0, pending: 0, expired: 0 };
  for (const { status } of silences) counts[status.state] += 1;
  return counts;
}

/** Those in a state that have the matchers, or the words where the text has no matchers; what happens next comes first. */
export function listed(silences: readonly Silence[], state: SilenceState, text: string): Silence[] {
  const isWanted = wanted(text);
  return silences.filter((silence) => silence.status.state === state && isWanted(silence)).toSorted(ORDERS[state]);
}

function wanted(text: string): (silence: Silence) => boolean {
  const parsed = parseMatchers(text);
  if (!parsed.ok) return matcherOf(text, textOf);
  return ({ matchers }) => parsed.matchers.every((one) => matchers.some((other) => isSame(one, other)));
}

const SEARCHED_MAX = 1000;

function textOf({ id, matchers, createdBy, comment }: Silence): string {
  const parts = [id, createdBy, comment, ...matchers.map(formatMatcher)];
  return parts
    .map((part) => part.slice(0, SEARCHED_MAX).replaceAll('"', ''))
    .join('\n')
    .toLowerCase();
}

const by = (moment: (silence: Silence) => string, sign: 1 | -1) => (a: Silence, b: Silence) =>
  sign * (Date.parse(moment(a)) - Date.parse(moment(b))) || 0;

const ORDERS: Readonly<Record<SilenceState, (a: Silence, b: Silence) => number>> = {
  active: by(({ endsAt }) => endsAt, 1),
  pending: by(({ startsAt }) => startsAt, 1),
  expired: by(({ endsAt }) => endsAt, -1),
};

/** How many alerts each silence keeps quiet. */
export function silencedBy(alerts: readonly RoutedAlert[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of alerts) {
    for (const id of status.silencedBy) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** More alerts than this at once are worth a second look. */
const MANY = 50;

/** What speaks against a silence that is so wide, in a sentence. */
export function breadthOf(hasOpenMatchersOnly: boolean, matched: number, all: number): string | undefined {
  if (hasOpenMatchersOnly) return 'These matchers let everything through: nobody would be told of anything.';
  if (all > 1 && matched === all) return `This silences all ${all.toLocaleString('en')} alerts that there are.`;
  if (matched > MANY) return `This silences ${matched.toLocaleString('en')} alerts at once.`;
  return undefined;
}
