import { expect, it } from 'vitest';
import type { Cost, Job } from '../../api/jobs';
import { sumOf, whatIfOfAll } from './totals';

const cost = (amount: number, disk?: number): Cost => ({
  samplesPerSecond: amount,
  wireBytesPerSecond: amount * 10,
  cpuSecondsPerSecond: amount / 100,
  memoryBytes: amount * 1000,
  diskBytesPerDay: disk,
});

it('adds up, and what is unknown of one is unknown of all', () => {
  expect(sumOf([cost(1, 5), cost(2, 6)])).toEqual({
    samplesPerSecond: 3,
    wireBytesPerSecond: 30,
    cpuSecondsPerSecond: 0.03,
    memoryBytes: 3000,
    diskBytesPerDay: 11,
  });
  expect(sumOf([cost(1, 5), cost(2)]).diskBytesPerDay).toBeUndefined();
});

it('adds up what would be at each interval', () => {
  const job = (amount: number) =>
    ({
      whatIf: [
        { scrapeInterval: '5s', ...cost(amount) },
        { scrapeInterval: '1m', ...cost(amount / 12) },
      ],
    }) as Job;
  const all = whatIfOfAll([job(12), job(24)]);
  expect(all.map(({ scrapeInterval, samplesPerSecond }) => [scrapeInterval, samplesPerSecond])).toEqual([
    ['5s', 36],
    ['1m', 3],
  ]);
  expect(whatIfOfAll([])).toEqual([]);
});
