import { describe, expect, it } from 'vitest';
import type { Exemplar } from '../api/exemplars';
import { markAt, marksOf } from './exemplars';

const frame = { left: 100, top: 0, width: 1000, height: 400, start: 0, end: 100, low: 0, high: 10 };

function exemplar(time: number, value: number): Exemplar {
  return { time, value, labels: {}, series: {} };
}

function places(...exemplars: Exemplar[]): [number, number, boolean][] {
  return marksOf(exemplars, frame, 1).map(({ x, y, isBeyond }) => [x, y, isBeyond]);
}

describe('the marks of exemplars', () => {
  it('are where time and value are', () => {
    expect(places(exemplar(0, 10), exemplar(50, 2.5), exemplar(100, 0))).toEqual([
      [100, 0, false],
      [600, 300, false],
      [1100, 400, false],
    ]);
  });

  it('are at the edge for values beyond the scale, and nowhere for other times and no number', () => {
    expect(places(exemplar(10, 1e300), exemplar(20, -Infinity), exemplar(30, Number.NaN), exemplar(101, 1))).toEqual([
      [200, 0, true],
      [300, 400, true],
    ]);
  });

  it('show the greatest of those that would cover one another', () => {
    const many = Array.from({ length: 100_000 }, (_, index) =>
      exemplar(50 + (index % 10) / 1e6, 1.01 + (index % 100) / 1000),
    );
    const marks = marksOf(many, frame, 1);
    expect(marks).toHaveLength(1);
    expect(marks[0]?.exemplar.value).toBe(1.109);
  });

  it('are found by the pointer when it is near', () => {
    const marks = marksOf([exemplar(50, 5), exemplar(51, 5)], frame, 1);
    expect(markAt(marks, 604, 203, 1)?.exemplar.time).toBe(50);
    expect(markAt(marks, 607, 203, 1)?.exemplar.time).toBe(51);
    expect(markAt(marks, 604, 212, 1)).toBeUndefined();
    expect(markAt(marks, 604, 212, 2)?.exemplar.time).toBe(50);
  });
});
