/** What a chart draws, and what is known about it at a glance. */
import type { Labels } from '../api/query';

export interface ChartSeries {
  name: string;
  /** The name without what all series of the chart have in common, where that is shown elsewhere. */
  short?: string;
  labels: Labels;
  /** In seconds since 1970, ascending. */
  times: ArrayLike<number>;
  values: ArrayLike<number>;
}

/** A series in numbers. Infinite values are counted as gaps: there is no place for them on a scale. */
export interface Digest {
  count: number;
  least: number;
  greatest: number;
  mean: number;
  last: number | null;
}

const digests = new WeakMap<ChartSeries, Digest>();

/** The digest of a series; computed once for each object. */
export function digest(series: ChartSeries): Digest {
  const known = digests.get(series);
  if (known !== undefined) return known;
  const made = digestOf(series.values);
  digests.set(series, made);
  return made;
}

function digestOf(values: ArrayLike<number>): Digest {
  let [count, sum, least, greatest] = [0, 0, Infinity, -Infinity];
  let last: number | null = null;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    last = value;
  }
  return { count, least, greatest, mean: count === 0 ? Number.NaN : sum / count, last };
}

/** How many series and intervals are looked at to find the usual step. */
const STEP_SERIES = 50;
const STEP_INTERVALS = 20;
/** A pause this many times as long as the usual step is drawn as a gap. */
const GAP_STEPS = 1.5;

/** The longest pause between two points that a line is drawn across, in seconds. */
export function longestPause(series: readonly ChartSeries[]): number {
  let step = Infinity;
  for (const { times } of series.slice(0, STEP_SERIES)) {
    for (let index = 1; index < Math.min(times.length, STEP_INTERVALS); index++) {
      step = Math.min(step, (times[index] as number) - (times[index - 1] as number));
    }
  }
  return step * GAP_STEPS;
}

/** The index of the first time that is not before a moment; as many as there are times if all are. */
export function firstFrom(times: ArrayLike<number>, moment: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the time that is nearest to a moment and no further away than `most`; −1 where none is. */
export function nearestIndex(times: ArrayLike<number>, moment: number, most: number): number {
  const after = firstFrom(times, moment);
  const isBefore =
    after === times.length || (after > 0 && moment - (times[after - 1] as number) <= (times[after] as number) - moment);
  const index = isBefore ? after - 1 : after;
  return index >= 0 && Math.abs((times[index] as number) - moment) <= most ? index : -1;
}

/** All moments at which any of the series has a point, ascending. */
export function momentsOf(series: readonly ChartSeries[]): ArrayLike<number> {
  const [first] = series;
  if (first === undefined) return [];
  if (series.every(({ times }) => sameTimes(times, first.times))) return first.times;
  const all = new Set<number>();
  for (const { times } of series) for (let index = 0; index < times.length; index++) all.add(times[index] as number);
  return Float64Array.from(all).toSorted();
}

/** Whether two columns hold the same times. Columns over one part of memory are found out without a look at the times. */
export function sameTimes(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  if (a instanceof Float64Array && b instanceof Float64Array && a.buffer === b.buffer && a.byteOffset === b.byteOffset)
    return true;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
