import { expect, it } from 'vitest';
import { RANGE_SECONDS, rangeFor, RANGES, spanOf, stepOf, windowOf } from './range';

it.each(RANGES)('%s has as many points as a small chart shows, and no sample falls between them', (range) => {
  for (const interval of [1, 5, 15, 60]) {
    const step = stepOf(range, interval);
    expect(RANGE_SECONDS[range] / step).toBeLessThanOrEqual(200);
    expect(step).toBeGreaterThanOrEqual(Math.min(interval, 60));
    expect(windowOf(step, interval)).toBeGreaterThanOrEqual(Math.max(2 * interval, step + interval));
  }
});

it('shows a young host on a scale where one sees something', () => {
  expect([10, 300, 3600].map(rangeFor)).toEqual(['5m', '15m', '1h']);
});

it('ends at a multiple of the step, so that the same points are asked for again', () => {
  const { start, end, step } = spanOf('1h', 30);
  expect([start % step, end % step, end - start]).toEqual([0, 0, 3600]);
});
