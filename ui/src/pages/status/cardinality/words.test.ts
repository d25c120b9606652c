import { expect, it } from 'vitest';
import { comparedText, growthClass, growthText, listed } from './words';

it('says what has grown', () => {
  expect(growthText(120, 1000)).toBe('+120');
  expect(growthText(-1300, 2000)).toBe('−1,300');
  expect(growthText(5, 0)).toBe('new');
  expect(growthText(0, 5)).toBe('0');
  expect(growthText(undefined, undefined)).toBe('–');
  expect(growthClass(5000, 100)).toBe('bad');
  expect(growthClass(50, 100)).toBe('warn');
  expect(growthClass(5, 5)).toBeUndefined();
  expect(growthClass(0, 5)).toBe('muted');
});

it('says how many are listed, and since when they have grown', () => {
  expect(listed({ groups: 812, entries: [] })).toBe('the first 0 of 812');
  expect(listed({ groups: 0, entries: [] })).toBe('0');
  expect(comparedText(0, 86_400)).toBe('Since yesterday');
  expect(comparedText(0, 7200)).toBe('In 2h');
});
