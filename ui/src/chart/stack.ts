/** Series on top of each other. */
import { type ChartSeries, momentsOf, sameTimes } from './series';

/** The band that one series fills. Where the series has no value, the band has no height. */
export interface Band {
  lower: Float64Array;
  upper: Float64Array;
  /** The edge that is drawn as a line: NaN where the series has no value. */
  edge: Float64Array;
}

export interface Stack {
  times: ArrayLike<number>;
  bands: Band[];
  least: number;
  greatest: number;
}

/** Positive values are stacked upwards from zero and negative ones downwards. */
export function stack(series: readonly ChartSeries[]): Stack {
  const times = momentsOf(series);
  const above = new Float64Array(times.length);
  const below = new Float64Array(times.length);
  const bands = series.map((one) => band(onto(times, one), above, below));
  return {
    times,
    bands,
    least: below.reduce((a, b) => Math.min(a, b), 0),
    greatest: above.reduce((a, b) => Math.max(a, b), 0),
  };
}

function band(values: ArrayLike<number>, above: Float64Array, below: Float64Array): Band {
  const lower = new Float64Array(values.length);
  const upper = new Float64Array(values.length);
  const edge = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    const isThere = Number.isFinite(value);
    const sums = value < 0 ? below : above;
    const foot = sums[index] as number;
    const head = isThere ? foot + value : foot;
    sums[index] = head;
    lower[index] = foot;
    upper[index] = head;
    edge[index] = isThere ? head : Number.NaN;
  }
  return { lower, upper, edge };
}

/** The values of a series at these moments, NaN where it has none. */
function onto(times: ArrayLike<number>, series: ChartSeries): ArrayLike<number> {
  if (sameTimes(times, series.times)) return series.values;
  const values = new Float64Array(times.length).fill(Number.NaN);
  let at = 0;
  for (let index = 0; index < series.times.length; index++) {
    while (at < times.length && (times[at] as number) < (series.times[index] as number)) at++;
    values[at] = series.values[index] as number;
  }
  return values;
}
