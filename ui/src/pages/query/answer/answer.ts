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
const NO_HISTOGRAMS: AnswerSeries['histograms'] = [];

/** One series of an answer. */
export class AnswerSeries implements ChartSeries {
  private readonly siblings: Siblings;
  private readonly index: number;
  private knownTimes: Float64Array | undefined;
  private knownValues: Float64Array | undefined;
  private knownLabels: Labels | undefined;
  private knownName: string | undefined;

  constructor(siblings: Siblings, index: number) {
    this.siblings = siblings;
    this.index = index;
  }

  get times(): Float64Array {
    this.knownTimes ??= this.siblings.timesOf(this.index);
    return this.knownTimes;
  }

  get values(): Float64Array {
    this.knownValues ??= this.siblings.valuesOf(this.index);
    return this.knownValues;
  }

  /** Native histograms with their times; most series have none. */
  get histograms(): readonly [time: number, value: HistogramValue][] {
    return this.siblings.histograms.get(this.index) ?? NO_HISTOGRAMS;
  }

  get labels(): Labels {
    this.knownLabels ??= this.siblings.labelsOf(this.index);
    return this.knownLabels;
  }

  /** How long the labels are as JSON: as good as the length of the name where the name itself would take too long. */
  get lengthInJson(): number {
    return this.siblings.lengthOf(this.index);
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

/** The series of one answer and the columns that they are parts of. */
class Siblings {
  readonly list: AnswerSeries[];
  readonly histograms: ReadonlyMap<number, AnswerSeries['histograms']>;
  private readonly columns: Columns;
  private readonly times = new Map<number, Float64Array>();
  private knownShared: Labels | undefined;

  constructor(columns: Columns) {
    this.columns = columns;
    this.histograms = histogramsOf(columns);
    this.list = Array.from({ length: columns.count }, (_, index) => new AnswerSeries(this, index));
  }

  valuesOf(index: number): Float64Array {
    const { values, valuesAt } = this.columns;
    return values.subarray(valuesAt[index], valuesAt[index + 1]);
  }

  /** Series with the same times get the same object, which is how the chart knows at a glance. */
  timesOf(index: number): Float64Array {
    const { times, timesAt, valuesAt } = this.columns;
    const from = timesAt[index] ?? 0;
    const length = (valuesAt[index + 1] ?? 0) - (valuesAt[index] ?? 0);
    const known = this.times.get(from);
    if (known?.length === length) return known;
    const part = times.subarray(from, from + length);
    this.times.set(from, part);
    return part;
  }

  lengthOf(index: number): number {
    const { labelsAt } = this.columns;
    return (labelsAt[index + 1] ?? 0) - (labelsAt[index] ?? 0);
  }

  labelsOf(index: number): Labels {
    const { labels, labelsAt } = this.columns;
    return labelsIn(labels.subarray(labelsAt[index], labelsAt[index + 1]));
  }

  /** What all have in common. */
  get shared(): Labels {
    this.knownShared ??= sharedBy(this.list.length < 2 ? [] : this.list);
    return this.knownShared;
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

function labelsIn(json: Uint8Array): Labels {
  // Without a prototype, a label that is called __proto__ is a label like any other.
  const labels = Object.create(null) as Labels;
  if (json.length === 0) return labels;
  for (const [name, value] of Object.entries(JSON.parse(decoder.decode(json)) as Record<string, unknown>))
    labels[name] = String(value);
  return labels;
}

export function answerOf(columns: Columns, tookMs: number): Answer {
  const { type, total, points, text, stats } = columns;
  const siblings = new Siblings(columns);
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

function histogramsOf({ histograms }: Columns): Map<number, [number, HistogramValue][]> {
  const found = new Map<number, [number, HistogramValue][]>();
  for (const [index, time, json] of histograms) {
    const list = found.get(index) ?? [];
    list.push([time, JSON.parse(json) as HistogramValue]);
    found.set(index, list);
  }
  return found;
}
