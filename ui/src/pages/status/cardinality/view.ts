/** What of the series is looked at, as the address says it: from all of them down to the values of one label. */
import type { By, Group, Question } from '../../../api/cardinality';
import type { Labels } from '../../../api/query';
import { quote, selector } from '../../../format/series';
import type { Params } from '../../../router';

/** What series are put together by, at the top. */
export const TOPS = ['metric', 'job', 'label', 'metric_label'] as const;
export type Top = (typeof TOPS)[number];

/** Metrics that nothing has selected for so many days; `ever` for those that nothing has since it is noted. */
export const UNQUERIED = ['7', '30', 'ever'] as const;
export type Unqueried = (typeof UNQUERIED)[number];

export interface View {
  top: Top;
  /** What was gone into. */
  job?: string | undefined;
  metric?: string | undefined;
  label?: string | undefined;
  unqueried?: Unqueried | undefined;
  isByGrowth: boolean;
}

/** One step of the way down. */
export interface Step {
  what: string;
  name?: string | undefined;
  /** The parameters of the page that shows it. */
  params: Params;
}

const DAY_S = 86_400;

/** A list with more entries is cut; the sums are those of all. */
export const LISTED_MAX = 500;

export function viewOf(query: URLSearchParams): View {
  const given = (name: string) => query.get(name) ?? undefined;
  return {
    top: TOPS.find((top) => top === query.get('by')) ?? 'metric',
    job: given('job'),
    metric: given('metric'),
    label: given('label'),
    unqueried: UNQUERIED.find((days) => days === query.get('unqueried')),
    isByGrowth: query.get('sort') === 'growth',
  };
}

/** What the entries of the list are. */
export function byOf({ top, metric, label, job }: View): By {
  if (label !== undefined) return 'label_value';
  if (metric !== undefined) return 'label';
  // The series of one job are told apart by their metrics.
  return job === undefined ? top : 'metric';
}

/** The selector of the series that were gone into; nothing for all of them. */
export function matchOf(view: View): string | undefined {
  const labels = labelsOf(view);
  return Object.keys(labels).length === 0 ? undefined : selector(labels);
}

function labelsOf({ job, metric }: View): Labels {
  const labels: Labels = {};
  if (metric !== undefined) labels['__name__'] = metric;
  // The series without a job are those of the empty one.
  if (job !== undefined) labels['job'] = job;
  return labels;
}

/** What the server is asked; `now` in seconds since 1970. */
export function questionOf(view: View, now: number): Question {
  const by = byOf(view);
  const isCompared = isGrowthKnown(view);
  return {
    by,
    label: by === 'label_value' ? view.label : undefined,
    match: matchOf(view),
    sort: isCompared && view.isByGrowth ? 'growth' : undefined,
    unqueriedSince: by === 'metric' ? since(view.unqueried, now) : undefined,
    limit: LISTED_MAX,
  };
}

/** Whether it is known what entries were a day ago: whole metrics and jobs. */
export function isGrowthKnown(view: View): boolean {
  const by = byOf(view);
  return (by === 'metric' || by === 'job') && matchOf(view) === undefined;
}

function since(unqueried: Unqueried | undefined, now: number): number | undefined {
  if (unqueried === undefined) return undefined;
  // To the minute, so that a list that is asked for again is the same question.
  return unqueried === 'ever' ? 0 : Math.floor((now - Number(unqueried) * DAY_S) / 60) * 60;
}

/** The parameters that show what is behind an entry; nothing where that is what a query shows. */
export function into(view: View, { name, label }: Group): Params | undefined {
  const { top, job, metric } = view;
  const here = { by: top === 'metric' ? undefined : top, job, metric };
  switch (byOf(view)) {
    case 'metric':
      return { ...here, metric: name };
    case 'job':
      // An address has no empty parameters.
      return name === '' ? undefined : { ...here, job: name };
    case 'label':
      return { ...here, label: name };
    case 'metric_label':
      return { ...here, metric: name, label };
    case 'label_value':
      return undefined;
  }
}

/** The way from all series down to what is shown. */
export function stepsOf({ top, job, metric, label }: View): Step[] {
  const by = top === 'metric' ? undefined : top;
  const steps: Step[] = [{ what: 'All series', params: { by } }];
  if (job !== undefined) steps.push({ what: 'job', name: job, params: { by, job } });
  if (metric !== undefined) steps.push({ what: 'metric', name: metric, params: { by, job, metric } });
  if (label !== undefined) steps.push({ what: 'label', name: label, params: { by, job, metric, label } });
  return steps;
}

/** A query that shows what is behind an entry that there is no way into. */
export function exprOf(view: View, { name }: Group): string {
  const { label } = view;
  if (label === undefined) return `count by (__name__) ({__name__!="", job=${quote(name)}})`;
  const others = Object.entries(labelsOf(view)).filter(([other]) => other !== label);
  return selector(Object.fromEntries([...others, [label, name]]));
}
