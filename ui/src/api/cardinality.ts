/** `regain/cardinality` and `regain/limits`: where series come from, and what is refused. `docs/api.md` describes them. */
import type { Outcome } from './failure';
import { ask } from './request';
import { bool, list, number, object, optional, text, withDefault } from './shape';

export type By = 'metric' | 'job' | 'label' | 'label_value' | 'metric_label';

export interface Group {
  name: string;
  /** The label, where groups are those of metrics and labels. */
  label: string | undefined;
  /** Series that are written. */
  series: number;
  /** Those, and series of which there are only older samples. */
  seriesKept: number;
  /** The distinct values of a label. */
  values: number | undefined;
  /** The series about a day ago, and what has come since, where that is known. */
  before: number | undefined;
  growth: number | undefined;
  /** When a query or rule last selected the metric, in seconds since 1970, if one has. */
  lastQueried: number | undefined;
  /** Series that a limit refuses now. */
  refused: number;
}

export interface Groups {
  series: number;
  seriesKept: number;
  /** How many groups there are; the largest are listed. */
  groups: number;
  /** The time of the counts in `before`, in seconds since 1970. */
  comparedWith: number | undefined;
  /** Since when it is noted what queries select, in seconds since 1970. */
  queriesNotedSince: number | undefined;
  entries: Group[];
}

export interface Question {
  by: By;
  /** Whose values are asked for. */
  label?: string | undefined;
  /** Of these series; of all without it. */
  match?: string | undefined;
  sort?: 'growth' | undefined;
  /** Only metrics that nothing has selected since, in seconds since 1970. */
  unqueriedSince?: number | undefined;
  limit: number;
}

export interface RefusedSeries {
  job: string;
  metric: string;
  /** `metric`, `job` or `memory`. */
  reason: string;
  series: number;
  total: number;
  /** In seconds since 1970. */
  lastRefused: number;
}

export interface Limits {
  memory: { usedBytes: number; limitBytes: number; refusesAll: boolean; refusedJobs: string[] };
  /** 0 for none. */
  seriesPerMetric: number;
  seriesPerJob: number;
  jobs: { job: string; series: number | undefined; priority: number }[];
  seriesRefused: number;
  samplesRefused: number;
  refused: RefusedSeries[];
}

const group = object<Group>({
  name: text,
  label: optional(text),
  series: number,
  seriesKept: number,
  values: optional(number),
  before: optional(number),
  growth: optional(number),
  lastQueried: optional(number),
  refused: withDefault(number, 0),
});

const groups = object<Groups>({
  series: number,
  seriesKept: number,
  groups: number,
  comparedWith: optional(number),
  queriesNotedSince: optional(number),
  entries: list(group),
});

const limits = object<Limits>({
  memory: object<Limits['memory']>({
    usedBytes: number,
    limitBytes: number,
    refusesAll: bool,
    refusedJobs: list(text),
  }),
  seriesPerMetric: number,
  seriesPerJob: number,
  jobs: list(object<Limits['jobs'][number]>({ job: text, series: optional(number), priority: number })),
  seriesRefused: number,
  samplesRefused: number,
  refused: list(
    object<RefusedSeries>({
      job: text,
      metric: text,
      reason: text,
      series: number,
      total: number,
      lastRefused: number,
    }),
  ),
});

export function askGroups(question: Question, signal?: AbortSignal): Promise<Outcome<Groups>> {
  const { by, label, match, sort, unqueriedSince, limit } = question;
  const fields = { by, label, 'match[]': match, sort, unqueried_since: unqueriedSince, limit };
  return ask('regain/cardinality', fields, groups, { signal });
}

export function askLimits(limit: number, signal?: AbortSignal): Promise<Outcome<Limits>> {
  return ask('regain/limits', { limit }, limits, { signal });
}
