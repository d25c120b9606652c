import { expect, it } from 'vitest';
import { measureOffset, offset } from './clock';

it('takes the middle of the exchange, and the measurement that was quickest', () => {
  measureOffset('2026-01-01T00:00:04.000Z', Date.UTC(2026, 0, 1, 0, 0, 0), Date.UTC(2026, 0, 1, 0, 0, 0, 200));
  expect(offset.value?.seconds).toBeCloseTo(-3.9, 6);
  expect(offset.value?.error).toBeCloseTo(0.1, 6);
  measureOffset('2026-01-01T00:00:09.000Z', Date.UTC(2026, 0, 1, 0, 0, 5), Date.UTC(2026, 0, 1, 0, 0, 5, 900));
  expect(offset.value?.seconds, 'a slow answer says less').toBeCloseTo(-3.9, 6);
  measureOffset('never', 0, 0);
  expect(offset.value?.seconds).toBeCloseTo(-3.9, 6);
});
