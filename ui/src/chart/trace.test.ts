import { describe, expect, it } from 'vitest';
import { type Frame, trace } from './trace';

/** Ten pixels wide, one second each; values 0 to 10 from below to above. */
const FRAME: Frame = { left: 0, top: 0, width: 10, height: 10, start: 0, end: 10, low: 0, high: 10 };

function drawn(times: number[], values: number[], frame = FRAME, pause = 1.5) {
  const lines: [number, number][][] = [];
  trace(
    { moveTo: (x, y) => lines.push([[x, y]]), lineTo: (x, y) => lines.at(-1)?.push([x, y]) },
    times,
    values,
    frame,
    pause,
  );
  return lines;
}

describe('a line', () => {
  it('goes through all points where they are few', () => {
    expect(drawn([0, 1, 2], [0, 5, 10])).toEqual([
      [
        [0, 10],
        [1, 5],
        [2, 0],
      ],
    ]);
  });

  it('breaks at a pause, at NaN and at infinity', () => {
    expect(drawn([0, 1, 4, 5], [1, 1, 1, 1])).toEqual([
      [
        [0, 9],
        [1, 9],
      ],
      [
        [4, 9],
        [5, 9],
      ],
    ]);
    expect(drawn([0, 1, 2, 3, 4], [1, 1, Number.NaN, 1, 1])).toHaveLength(2);
    expect(drawn([0, 1, 2, 3, 4], [1, 1, Infinity, 1, 1], FRAME, 5)).toHaveLength(2);
  });

  it('shows a point without neighbours as a dash', () => {
    expect(drawn([5], [5])).toEqual([
      [[5, 5]],
      [
        [4, 5],
        [6, 5],
      ],
    ]);
    expect(drawn([0, 1, 5], [5, 5, 5])).toEqual([
      [
        [0, 5],
        [1, 5],
      ],
      [[5, 5]],
      [
        [4, 5],
        [6, 5],
      ],
    ]);
  });

  it('reaches the edges but not far beyond', () => {
    const times = Array.from({ length: 20 }, (_, index) => index);
    const xs = drawn(times, times, { ...FRAME, start: 5.5, end: 7.5, width: 100 })
      .flat()
      .map(([x]) => x);
    expect(xs).toEqual([-25, 25, 75, 125]);
    expect(drawn([], [])).toEqual([]);
    expect(drawn([Number.NaN], [Number.NaN])).toEqual([]);
  });

  it('keeps every peak where points are many, with four points for each pixel at most', () => {
    const times = Array.from({ length: 10_000 }, (_, index) => index / 1000);
    const values = times.map((_, index) => (index === 4321 ? 9.5 : index === 7654 ? 0.5 : 5 + Math.sin(index)));
    const points = drawn(times, values).flat();
    expect(points.length).toBeLessThanOrEqual(4 * 11);
    const ys = points.map(([, y]) => y);
    expect(Math.min(...ys)).toBe(0.5);
    expect(Math.max(...ys)).toBe(9.5);
    const peak = points.find(([, y]) => y === 0.5);
    expect(peak?.[0]).toBe(4.5);
  });

  it('breaks at pauses where points are many, too', () => {
    const times = Array.from({ length: 10_000 }, (_, index) => (index < 5000 ? index / 1250 : 2 + index / 1250));
    expect(drawn(times, times, FRAME, 0.1)).toHaveLength(2);
  });
});
