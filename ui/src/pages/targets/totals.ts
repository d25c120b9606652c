/** What all jobs cost together. */
import type { Cost, Job, WhatIf } from '../../api/jobs';

const NOTHING: Cost = {
  samplesPerSecond: 0,
  wireBytesPerSecond: 0,
  cpuSecondsPerSecond: 0,
  memoryBytes: 0,
  diskBytesPerDay: 0,
};

export function sumOf(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      samplesPerSecond: sum.samplesPerSecond + cost.samplesPerSecond,
      wireBytesPerSecond: sum.wireBytesPerSecond + cost.wireBytesPerSecond,
      cpuSecondsPerSecond: add(sum.cpuSecondsPerSecond, cost.cpuSecondsPerSecond),
      memoryBytes: sum.memoryBytes + cost.memoryBytes,
      diskBytesPerDay: add(sum.diskBytesPerDay, cost.diskBytesPerDay),
    }),
    NOTHING,
  );
}

/** A sum with an unknown part is unknown. */
function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** What all jobs would cost if each were scraped at the interval. */
export function whatIfOfAll(jobs: readonly Job[]): WhatIf[] {
  return (jobs[0]?.whatIf ?? []).map(({ scrapeInterval }, index) => ({
    scrapeInterval,
    ...sumOf(jobs.flatMap(({ whatIf }) => whatIf[index] ?? [])),
  }));
}
