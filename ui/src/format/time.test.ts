import { afterEach, expect, it } from 'vitest';
import { zone } from '../state/zone';
import { formatAgo, formatMoment, parseMoment } from './time';

afterEach(() => {
  zone.value = 'local';
});

it('writes moments in UTC with 24 hours', () => {
  zone.value = 'utc';
  expect(formatMoment(Date.UTC(2026, 9, 25, 0, 30, 5))).toBe('2026-10-25 00:30:05 UTC');
});

it('reads the times of the API, where the year 1 means never', () => {
  expect(parseMoment('2026-11-26T22:35:11.984147162Z')).toBe(Date.UTC(2026, 10, 26, 22, 35, 11, 984));
  expect(parseMoment('0001-01-01T00:00:00Z')).toBeUndefined();
  expect(parseMoment('yesterday')).toBeUndefined();
});

it('tells how long ago a moment was', () => {
  expect([formatAgo(0, 400), formatAgo(0, 90_000), formatAgo(7_200_000, 0)]).toEqual(['now', '1m 30s ago', 'in 2h']);
});
