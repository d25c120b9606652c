import { expect, it } from 'vitest';
import type { Silence, SilenceState } from '../../api/silences';
import { breadthOf, countsOf, listed, silencedBy, stateOf } from './listing';
import { matcherWith } from './matchers';

function silence(id: string, state: SilenceState, hours: [number, number], more: Partial<Silence> = {}): Silence {
  const [startsAt, endsAt] = hours.map((hour) => new Date(hour * 3.6e6).toISOString()) as [string, string];
  const matchers = [matcherWith('alertname', '=', id)];
  return {
    id,
    matchers,
    startsAt,
    endsAt,
    updatedAt: startsAt,
    createdBy: 'ada',
    comment: '',
    annotations: {},
    status: { state },
    ...more,
  };
}

const ALL = [
  silence('a', 'active', [1, 9]),
  silence('b', 'active', [2, 5], { createdBy: 'Bob', comment: 'Moving the "racks"' }),
  silence('c', 'pending', [20, 30]),
  silence('d', 'pending', [10, 40]),
  silence('e', 'expired', [0, 1]),
  silence('f', 'expired', [0, 2]),
];

const ids = (state: SilenceState, text = '') =>
  listed(ALL, state, text)
    .map(({ id }) => id)
    .join('');

it('lists what happens next first, and what ended last first', () => {
  expect([ids('active'), ids('pending'), ids('expired')]).toEqual(['ba', 'dc', 'fe']);
  expect(countsOf(ALL)).toEqual({ active: 2, pending: 2, expired: 2 });
});

it.each([
  ['{alertname="a"}', 'a'],
  ['alertname=b', 'b'],
  ['alertname=~"a"', ''],
  ['bob', 'b'],
  ['moving "racks"', 'b'],
  ['ada', 'a'],
])('%s finds %s', (text, found) => expect(ids('active', text)).toBe(found));

it('reads the state from the address', () => {
  expect(stateOf(new URLSearchParams('state=expired'))).toBe('expired');
  expect(stateOf(new URLSearchParams('state=<b>'))).toBe('active');
});

it('counts the alerts of each silence', () => {
  const alert = (...ids_: string[]) =>
    ({ status: { silencedBy: ids_ } }) as unknown as Parameters<typeof silencedBy>[0][number];
  expect(Object.fromEntries(silencedBy([alert('a', 'b'), alert('a'), alert()]))).toEqual({ a: 2, b: 1 });
});

it.each([
  [true, 0, 0, /everything/],
  [false, 12, 12, /all 12 alerts/],
  [false, 1, 1, undefined],
  [false, 51, 200, /51 alerts at once/],
  [false, 50, 200, undefined],
] as const)('%s, %d of %d: %s', (open, matched, all, words) => {
  const said = breadthOf(open, matched, all);
  if (words === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(words);
});
