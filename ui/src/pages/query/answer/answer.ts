/** An answer as the page uses it: series whose labels and names are made when somebody looks at them. */
import type { HistogramValue, Labels } from '../../../api/query';
import type { ChartSeries } from '../../../chart/series';
import { selector } from '../../../format/series';
import type { Columns, ResultType, Stats } from './columns';

export interface Answer {
  type: ResultType;
  /** Labels that all series have with one value; none if there is only one series. */
  readonly shared: Labels;
  /** The kept series; more than `total` says are left out. */
  series: readonly AnswerSeries[];
  total: number;
  points: number;
  text: string;
  stats: Stats;
  /** How long it took from the question to the decoded answer, in milliseconds. */
  tookMs: number;
}

const decoder = new TextDecoder();
const NONE: Float64Array = new Float64Array();

/** One series of an answer. */
export class AnswerSeries implements ChartSeries {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Native histograms with their times; most series have none. */
  readonly histograms: readonly [time: number, value: HistogramValue][];
  private readonly json: Uint8Array;
  private knownLabels: Labels | undefined;
  private knownName: string | undefined;
  private readonly siblings: Siblings;

  constructor(siblings: Siblings, json: Uint8Array, times: Float64Array, values: Float64Array, histograms: AnswerSeries['histograms']) {
    this.siblings = siblings;
    this.json = json;
    this.times = times;
    this.values = values;
    this.histograms = histograms;
  }

  get labels(): Labels {
    this.knownLabels ??= labelsOf(this.json);
    return this.knownLabels;
  }

  get name(): string {
    this.knownName ??= selector(this.labels);
    return this.knownName;
  }

  get short(): string {
    const { shared } = this.siblings;
    const own = Object.create(null) as Labels;
    for (const [name, value] of Object.entries(this.labels)) if (!(name in shared)) own[name] = value;
    return selector(own);
  }
}

/** The series of one answer, of which each knows, to leave out of its short name what all have in common. */
class Siblings {
  readonly list: AnswerSeries[] = [];
  private known: Labels | undefined;

  get shared(): Labels {
    this.known ??= sharedBy(this.list.length < 2 ? [] : this.list);
    return this.known;
  }
}

function sharedBy([first, ...others]: readonly AnswerSeries[]): Labels {
  const shared = Object.assign(Object.create(null) as Labels, first?.labels);
  for (const { labels } of others) {
    let isEmpty = true;
    for (const name in shared) {
      if (labels[name] === shared[name]) isEmpty = false;
      else delete shared[name];
    }
    if (isEmpty) break;
  }
  return shared;
}

function labelsOf(json: Uint8Array): Labels {
  // Without a prototype, a label that is called __proto__ is a label like any other.
  const labels = Object.create(null) as Labels;
  if (json.length === 0) return labels;
  for (const [name, value] of Object.entries(JSON.parse(decoder.decode(json)) as Record<string, unknown>)) labels[name] = String(value);
  return labels;
}

export function answerOf(columns: Columns, tookMs: number): Answer {
  const { type, total, points, text, stats } = columns;
  const siblings = seriesOf(columns);
  return {
    type,
    total,
    points,
    text,
    stats,
    tookMs,
    series: siblings.list,
    get shared() {
      return siblings.shared;
    },
  };
}

function seriesOf(columns: Columns): Siblings {
  const { count, labels, labelsAt, times, timesAt, values, valuesAt } = columns;
  const histograms = histogramsOf(columns);
  const siblings = new Siblings();
  let shared = NONE;
  for (let index = 0; index < count; index++) {
    const [from, to] = [valuesAt[index] ?? 0, valuesAt[index + 1] ?? 0];
    const timesFrom = timesAt[index] ?? 0;
    // Series with the same times share the object, which is how the chart knows at a glance.
    const isShared = index > 0 && timesFrom === timesAt[index - 1] && shared.length === to - from;
    if (!isShared) shared = times.subarray(timesFrom, timesFrom + to - from);
    siblings.list.push(new AnswerSeries(siblings, labels.subarray(labelsAt[index], labelsAt[index + 1]), shared, values.subarray(from, to), histograms.get(index) ?? []));
  }
  return siblings;
}

function histogramsOf({ histograms }: Columns): Map<number, [number, HistogramValue][]> {
  const found = new Map<number, [number, HistogramValue][]>();
  for (const [index, time, json] of histograms) {
    const list = found.get(index) ?? [];
    list.push([time, JSON.parse(json) as HistogramValue]);
    found.set(index, list);
  }
  return found;
}
