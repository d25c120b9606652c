/** Ranges of time that end now, and the steps and windows that suit them. */
import { serverNow } from '../../state/clock';

export const RANGES = ['5m', '15m', '1h', '6h', '1d', '7d'] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_SECONDS: Readonly<Record<Range, number>> = {
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '6h': 21_600,
  '1d': 86_400,
  '7d': 604_800,
};

export function isRange(text: string | null): text is Range {
  return RANGES.some((range) => range === text);
}

/** The range for a host that has been measured for so many seconds: a young one would be a line at the edge of an hour. */
export function rangeFor(measuredS: number): Range {
  if (measuredS < 240) return '5m';
  return measuredS < 720 ? '15m' : '1h';
}

/** As many points as a small chart can show. */
const POINTS = 180;
/** Steps that divide the hours and days of the axis. In seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
/** A rate needs two samples in its window even when one scrape fails and another is late. */
const SCRAPES_PER_WINDOW = 4;

/** The step of a range whose series get a sample every `intervalS` seconds; there is no point in asking more often. */
export function stepOf(range: Range, intervalS: number): number {
  const wanted = Math.max(RANGE_SECONDS[range] / POINTS, Math.min(intervalS, 60));
  return STEPS.find((step) => step >= wanted) ?? 7200;
}

/** The window for rates: no sample falls between two steps, and each window has enough of them. */
export function windowOf(stepS: number, intervalS: number): number {
  return Math.max(SCRAPES_PER_WINDOW * intervalS, stepS + intervalS);
}

export interface Span {
  start: number;
  end: number;
  step: number;
}

/** The range up to now. Its ends are multiples of the step: the same points are asked for again, so nothing shimmers. */
export function spanOf(range: Range, step: number): Span {
  const end = Math.floor(serverNow() / step) * step;
  return { start: end - RANGE_SECONDS[range], end, step };
}
