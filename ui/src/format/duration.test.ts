import { expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration';

it.each([
  ['5s', 5],
  ['1h30m', 5400],
  ['250ms', 0.25],
  ['1w', 604_800],
  ['1d2h3m4s5ms', 93_784.005],
])('%s is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBeCloseTo(seconds, 6);
});

it.each(['', '5', 's', '1.5h', '-5s', '5 s', '5s!'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

it.each([
  [0, '0s'],
  [0.25, '250ms'],
  [90, '1m30s'],
  [3600, '1h'],
  [604_800, '7d'],
])('%s seconds are written %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
