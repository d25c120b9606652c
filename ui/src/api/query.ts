/** `query` and `query_range`. Numbers come as text in the API's JSON and leave here as numbers; times are seconds since 1970. */
import type { Outcome } from './failure';
import { type Ask, ask, type Fields } from './request';
import { type Decoder, number, object, ShapeError, table, text } from './shape';

export type Labels = Record<string, string>;

/** A native histogram as the API writes it: buckets are (rule of the bounds, lower, upper, count). */
export interface HistogramValue {
  count: string;
  sum: string;
  buckets?: [number, string, string, string][];
}

/** One element of an instant vector; it has either a value or a histogram, and then `value` is NaN. */
export interface Sample {
  metric: Labels;
  time: number;
  value: number;
  histogram?: HistogramValue;
}

/** One series of a range query, in columns. */
export interface Series {
  metric: Labels;
  times: Float64Array;
  values: Float64Array;
  /** Native histograms with their times, where the series has some. */
  histograms?: [number, HistogramValue][];
}

export type InstantResult =
  | { type: 'vector'; samples: Sample[] }
  | { type: 'scalar'; time: number; value: number }
  | { type: 'string'; time: number; text: string }
  | { type: 'matrix'; series: Series[] };

export interface InstantQuestion extends Ask {
  expr: string;
  /** In seconds; now where it is missing. */
  time?: number | undefined;
  limit?: number;
  stats?: boolean;
}

export interface RangeQuestion extends Ask {
  expr: string;
  start: number;
  end: number;
  step: number;
  limit?: number;
}

/** Evaluates at one moment. */
export function askInstant(question: InstantQuestion): Promise<Outcome<InstantResult>> {
  const { expr, time, limit, signal, patienceS } = question;
  return ask('query', { query: expr, time, limit }, instantResult, asForm(signal, patienceS));
}

/** Evaluates at one moment and takes nothing but a vector. */
export async function askVector(expr: string, signal?: AbortSignal): Promise<Outcome<Sample[]>> {
  return ask('query', { query: expr }, vector, asForm(signal));
}

/** Evaluates over a range. */
export function askRange(question: RangeQuestion): Promise<Outcome<Series[]>> {
  const { expr, start, end, step, limit, signal, patienceS } = question;
  const fields: Fields = { query: expr, start, end, step, limit };
  return ask('query_range', fields, matrix, asForm(signal, patienceS));
}

function asForm(signal?: AbortSignal, patienceS?: number): Ask {
  return { post: true, signal, ...(patienceS === undefined ? {} : { patienceS }) };
}

/** The number that the API's text stands for. */
export function parseNumber(value: string): number {
  switch (value) {
    case '+Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    case 'NaN':
      return Number.NaN;
    default:
      return Number(value);
  }
}

const labels: Decoder<Labels> = table(text);

const tagged = object<{ resultType: string; result: unknown }>({ resultType: text, result: (value) => value });

const instantResult: Decoder<InstantResult> = (value, at) => {
  const { resultType, result } = tagged(value, at);
  switch (resultType) {
    case 'vector':
      return { type: 'vector', samples: samples(result, `${at}.result`) };
    case 'matrix':
      return { type: 'matrix', series: seriesList(result, `${at}.result`) };
    case 'scalar':
    case 'string': {
      const [time, said] = point(result, `${at}.result`);
      return resultType === 'string'
        ? { type: 'string', time, text: said }
        : { type: 'scalar', time, value: parseNumber(said) };
    }
    default:
      throw new ShapeError(`${at}.resultType is ${resultType}, which this page does not know`);
  }
};

const vector: Decoder<Sample[]> = (value, at) => {
  const { resultType, result } = tagged(value, at);
  if (resultType !== 'vector') throw new ShapeError(`${at}.resultType is ${resultType} and not vector`);
  return samples(result, `${at}.result`);
};

const matrix: Decoder<Series[]> = (value, at) => {
  const { resultType, result } = tagged(value, at);
  if (resultType !== 'matrix') throw new ShapeError(`${at}.resultType is ${resultType} and not matrix`);
  return seriesList(result, `${at}.result`);
};

function array(value: unknown, at: string): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new ShapeError(`${at} is not a list`);
  return value;
}

function point(value: unknown, at: string): [number, string] {
  const pair = array(value, at);
  return [number(pair[0], `${at}[0]`), text(pair[1], `${at}[1]`)];
}

function samples(value: unknown, at: string): Sample[] {
  return array(value, at).map((entry, index) => {
    const here = `${at}[${index}]`;
    const { metric, value: single, histogram } = entry as { metric: unknown; value?: unknown; histogram?: unknown };
    const name = labels(metric, `${here}.metric`);
    if (histogram !== undefined) {
      const [time, shape] = array(histogram, here) as [number, HistogramValue];
      return { metric: name, time, value: Number.NaN, histogram: shape };
    }
    const [time, said] = point(single, `${here}.value`);
    return { metric: name, time, value: parseNumber(said) };
  });
}

function seriesList(value: unknown, at: string): Series[] {
  return array(value, at).map((entry, index) => {
    const here = `${at}[${index}]`;
    const { metric, values = [], histograms } = entry as { metric: unknown; values?: unknown; histograms?: unknown };
    const series = { metric: labels(metric, `${here}.metric`), ...columns(array(values, `${here}.values`), here) };
    return histograms === undefined
      ? series
      : { ...series, histograms: array(histograms, here) as [number, HistogramValue][] };
  });
}

/** Splits points into columns without a decoder call for each: there may be a million. */
function columns(points: unknown[], at: string): { times: Float64Array; values: Float64Array } {
  const times = new Float64Array(points.length);
  const values = new Float64Array(points.length);
  for (let index = 0; index < points.length; index++) {
    const pair = points[index] as [number, string] | undefined;
    if (!Array.isArray(pair) || typeof pair[1] !== 'string')
      throw new ShapeError(`${at}.values[${index}] is not a point`);
    times[index] = pair[0];
    values[index] = parseNumber(pair[1]);
  }
  return { times, values };
}
