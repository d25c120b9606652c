import { expect, it } from 'vitest';
import type { Silence } from '../../api/silences';
import { againDraft, draftMatcher, type Draft, editDraft, endOf, mistakesOf, newDraft, silenceOf } from './draft';
import { matcherWith } from './matchers';
import { fieldOf, ofField } from './moments';

const NOW = Date.parse('2026-11-27T14:00:00Z');

const SILENCE: Silence = {
  id: '0e2a4b1c-9f0d-4c37-8a51-3f4f1f5f2c11',
  matchers: [matcherWith('alertname', '=~', 'Disk.*')],
  startsAt: '2026-11-27T13:00:00.000Z',
  endsAt: '2026-11-27T17:00:00.000Z',
  updatedAt: '2026-11-27T13:00:00.000Z',
  createdBy: 'ada',
  comment: 'new disks',
  annotations: { ticket: '7' },
  status: { state: 'active' },
};

function draft(change: Partial<Draft> = {}): Draft {
  return { ...newDraft([matcherWith('alertname', '=', 'Down')], 'ada', 'moving'), ...change };
}

const matchers = (...all: [string, string, string][]) =>
  all.map(([name, operator, value]) => ({ ...draftMatcher(), name, operator: operator as '=', value }));

it('a draft that says what is needed has no mistake, and becomes a silence from now on', () => {
  expect(mistakesOf(draft(), NOW)).toEqual({});
  expect(silenceOf(draft({ end: { kind: 'for', text: '1d 12h' } }), NOW)).toEqual({
    matchers: [{ name: 'alertname', value: 'Down', isRegex: false, isEqual: true }],
    startsAt: '2026-11-27T14:00:00.000Z',
    endsAt: '2026-11-29T02:00:00.000Z',
    createdBy: 'ada',
    comment: 'moving',
    annotations: {},
  });
});

it.each<[string, Partial<Draft>, Partial<Record<keyof ReturnType<typeof mistakesOf>, RegExp>>]>([
  ['no matcher', { matchers: matchers() }, { matchers: /at least one label/ }],
  ['a value alone', { matchers: matchers(['', '=', 'x']) }, { matchers: /without the name/ }],
  ['an empty value', { matchers: matchers(['a', '=', '']) }, { matchers: /demand something/ }],
  ['what is not there', { matchers: matchers(['a', '!=', 'b'], ['c', '=~', '.*']) }, { matchers: /demand something/ }],
  ['no duration', { end: { kind: 'for', text: 'long' } }, { end: /duration such as/ }],
  ['nothing of a duration', { end: { kind: 'for', text: '0s' } }, { end: /duration such as/ }],
  ['no end', { end: { kind: 'until', ms: undefined } }, { end: /Choose when/ }],
  ['an end in the past', { start: NOW - 2000, end: { kind: 'until', ms: NOW - 1000 } }, { end: /over already/ }],
  [
    'an end before the start',
    { start: NOW + 9000, end: { kind: 'until', ms: NOW + 1000 } },
    { end: /before it starts/ },
  ],
  ['nobody and nothing', { createdBy: ' ', comment: '\n' }, { createdBy: /who/, comment: /why/ }],
])('%s is told in words, at its field', (_, change, wanted) => {
  const mistakes = mistakesOf(draft(change), NOW);
  expect(Object.keys(mistakes)).toEqual(Object.keys(wanted));
  for (const [field, words] of Object.entries(wanted)) expect(mistakes[field as 'end']).toMatch(words);
});

it.each([
  ['a', '!=', ''],
  ['a', '=~', '.+'],
  ['a', '!~', ''],
  ['a', '=~', '(?P<re2>x)'],
] as const)('%s%s"%s" demands something, as far as a browser can tell', (name, operator, value) => {
  expect(mistakesOf(draft({ matchers: matchers([name, operator, value]) }), NOW)).toEqual({});
});

it('an edited silence keeps its identity and times', () => {
  const { status: _, updatedAt: __, ...kept } = SILENCE;
  expect(silenceOf(editDraft(SILENCE), NOW)).toEqual(kept);
});

it('a silence again is a new one, from now on, by whoever asks', () => {
  const again = silenceOf(againDraft(SILENCE, 'bob'), NOW);
  expect(again).toMatchObject({ createdBy: 'bob', comment: 'new disks', startsAt: '2026-11-27T14:00:00.000Z' });
  expect(again.id).toBeUndefined();
});

it('counts a duration from a later start', () => {
  expect(endOf(draft({ start: NOW + 1000, end: { kind: 'for', text: '1s' } }), NOW)).toBe(NOW + 2000);
});

it.each(['utc', 'local'] as const)('writes moments into fields and reads them back, %s', (zone) => {
  expect(ofField(fieldOf(NOW, zone), zone)).toBe(NOW);
  expect([fieldOf(undefined, zone), ofField('', zone)]).toEqual(['', undefined]);
});

it('writes UTC as it is', () => expect(fieldOf(NOW, 'utc')).toBe('2026-11-27T14:00:00'));
