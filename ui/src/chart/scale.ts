/** From which value to which a chart reaches. */
import { type ChartSeries, digest } from './series';

/** Room beyond the least and the greatest value, as a share of their distance. */
const ROOM = 0.05;
/** A scale begins at zero if the least value is below this share of the greatest: then the distance to zero says something. */
const NEAR_ZERO = 0.6;

export type Span = [low: number, high: number];

/** The least and the greatest value of all series. */
export function extent(series: readonly ChartSeries[]): Span {
  let [least, greatest] = [Infinity, -Infinity];
  for (const one of series) {
    const known = digest(one);
    least = Math.min(least, known.least);
    greatest = Math.max(greatest, known.greatest);
  }
  return [least, greatest];
}

/** A scale that holds these values with some room. */
export function scaleOf([least, greatest]: Span): Span {
  if (least > greatest) return [0, 1];
  let [low, high] = [least, greatest];
  if (low >= 0 && low <= high * NEAR_ZERO) low = 0;
  if (high <= 0 && high >= low * NEAR_ZERO) high = 0;
  if (low === high) return low === 0 ? [0, 1] : [Math.min(low * 0.9, low * 1.1), Math.max(high * 0.9, high * 1.1)];
  const room = (high - low) * ROOM;
  return [low === 0 ? 0 : low - room, high === 0 ? 0 : high + room];
}
