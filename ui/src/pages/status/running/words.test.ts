import { afterEach, beforeEach, expect, it } from 'vitest';
import { zone } from '../../../state/zone';
import { share, standing, timesOf } from './words';

const before = zone.peek();
beforeEach(() => {
  zone.value = 'utc';
});
afterEach(() => {
  zone.value = before;
});

it.each([
  [{ start: 1_700_000_000, end: 1_700_000_000, step: 0 }, 'at 2023-11-14 22:13:20 UTC'],
  [{ start: 1_699_996_400, end: 1_700_000_000, step: 15 }, '1h in steps of 15s, until 2023-11-14 22:13:20 UTC'],
  [
    { start: 1_699_999_999.5, end: 1_700_000_000, step: 0.25 },
    '500ms in steps of 250ms, until 2023-11-14 22:13:20 UTC',
  ],
  [{ start: 1_700_000_000, end: 1_700_000_000, step: 15 }, '0s in steps of 15s, until 2023-11-14 22:13:20 UTC'],
])('%o is %s', (query, words) => {
  expect(timesOf(query)).toBe(words);
});

it('counts those that run before those that wait', () => {
  const [queued, running] = [{ state: 'queued' }, { state: 'running' }];
  expect([[], [running], [queued], [queued, running, queued]].map(standing)).toEqual([
    '',
    '1 running',
    '0 running, 1 queued',
    '1 running, 2 queued',
  ]);
});

it.each([
  [0, 100, '0%'],
  [25, 100, '25%'],
  [300, 100, '100%'],
  [1, 0, '100%'],
])('%d of %d fills %s', (part, whole, width) => {
  expect(share(part, whole)).toBe(width);
});
