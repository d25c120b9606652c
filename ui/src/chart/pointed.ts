/** Which points are at a moment, and which of them is next to the pointer. */
import type { Scene } from './paint';
import { nearestIndex } from './series';
import { yOf } from './trace';

/** A point of a series. */
export interface Pointed {
  /** The index of the series in the scene. */
  index: number;
  time: number;
  value: number;
  /** Where it is drawn, in pixels of the canvas. */
  y: number;
}

type Points = Pick<Scene, 'series' | 'stack' | 'frame' | 'pause'>;

/** The point of each series that is nearest to a moment; series without a point there are left out. */
export function pointsAt(scene: Points, moment: number): Pointed[] {
  const { series, stack, frame, pause } = scene;
  const found: Pointed[] = [];
  let [times, at]: [ArrayLike<number> | undefined, number] = [undefined, -1];
  for (const [index, one] of series.entries()) {
    // Series nearly always share their times; then one look is enough.
    if (one.times !== times) {
      times = one.times;
      at = nearestIndex(times, moment, pause);
    }
    if (at < 0) continue;
    const value = one.values[at] as number;
    const time = times[at] as number;
    if (!Number.isFinite(value)) continue;
    const height =
      stack === undefined ? value : (stack.bands[index]?.edge[nearestIndex(stack.times, time, pause)] ?? value);
    found.push({ index, time, value, y: yOf(frame, height) });
  }
  return found;
}

/** The point whose height is nearest to `y`, in pixels of the canvas. */
export function nearestTo(points: readonly Pointed[], y: number): Pointed | undefined {
  let best: Pointed | undefined;
  for (const point of points) if (best === undefined || Math.abs(point.y - y) < Math.abs(best.y - y)) best = point;
  return best;
}

/** Points from the greatest value to the least. */
export function byValue(points: readonly Pointed[]): Pointed[] {
  return points.toSorted((a, b) => b.value - a.value);
}
