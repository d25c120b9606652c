/** What a server would say about where series come from, and about what it refuses. */
import type { Answerer } from './answers';

const DAY_S = 86_400;

export const cardinalityAnswers: Record<string, Answerer> = {
  'regain/cardinality': (fields, names) => {
    const by = fields.get('by') ?? 'metric';
    return groupsOf(
      by,
      names.map((name, index) => group(by, name, Math.round(9000 / (index + 1)))),
    );
  },
  'regain/limits': (_, names) => ({
    ...limits(),
    refused: names.slice(0, 20).map((name, index) => refused(name, name, 120 - index)),
  }),
};

export function groupsOf(by: string, entries: object[], more: object = {}) {
  const now = Date.now() / 1000;
  return {
    by,
    series: 20_000,
    seriesKept: 24_000,
    groups: entries.length,
    comparedWith: by === 'metric' || by === 'job' ? now - DAY_S : null,
    queriesNotedSince: now - 40 * DAY_S,
    entries,
    ...more,
  };
}

/** A group with what its kind has; `more` differs from the usual. */
export function group(by: string, name: string, series: number, more: object = {}) {
  return {
    name,
    ...(by === 'metric_label' ? { label: name } : {}),
    series,
    seriesKept: series + 100,
    share: series / 20_000,
    ...(by.includes('label') && by !== 'label_value' ? { values: 10 } : {}),
    ...(by === 'metric' || by === 'job' ? { before: series - 10, growth: 10 } : {}),
    ...more,
  };
}

export function limits(more: object = {}) {
  return {
    memory: { usedBytes: 410_000_000, limitBytes: 6_400_000_000, refusesAll: false, refusedJobs: [] },
    seriesPerMetric: 50_000,
    seriesPerJob: 0,
    jobs: [],
    seriesRefused: 3100,
    samplesRefused: 91_000,
    refused: [],
    ...more,
  };
}

export function refused(job: string, metric: string, series: number) {
  return { job, metric, reason: 'metric', series, total: series * 2, lastRefused: Date.now() / 1000 - 5 };
}
