import { describe, expect, it } from 'vitest';
import { nearestTo, pointsAt } from './pointed';
import { scaleOf } from './scale';
import { alone, toggled } from './SeriesTable';
import { type ChartSeries, digest, longestPause, momentsOf, nearestIndex } from './series';
import { stack } from './stack';
import { summary } from './summary';
import { incrementsOf, timeTicks, valueTicks } from './ticks';
import { zone } from '../state/zone';

const series = (name: string, times: number[], values: number[]): ChartSeries => ({ name, labels: {}, times, values });

describe('a series in numbers', () => {
  it('leaves out what is no number', () => {
    expect(digest(series('a', [1, 2, 3, 4], [2, Number.NaN, Infinity, 4]))).toEqual({
      count: 2,
      least: 2,
      greatest: 4,
      mean: 3,
      last: 4,
    });
    expect(digest(series('a', [], []))).toMatchObject({ count: 0, last: null });
  });

  it('has the point that is nearest to a moment', () => {
    const times = [10, 20, 30];
    expect([9, 14, 15, 16, 29, 99].map((moment) => nearestIndex(times, moment, 100))).toEqual([0, 0, 0, 1, 2, 2]);
    expect(nearestIndex(times, 50, 10)).toBe(-1);
    expect(nearestIndex([], 5, 10)).toBe(-1);
  });

  it('has a gap where it pauses for longer than it usually does', () => {
    expect(longestPause([series('a', [0, 15, 30, 90], [])])).toBe(22.5);
  });

  it('has the moments of all', () => {
    expect(Array.from(momentsOf([series('a', [1, 3], []), series('b', [2, 3], [])]))).toEqual([1, 2, 3]);
    const times = [1, 2];
    expect(momentsOf([series('a', times, []), series('b', times, [])])).toBe(times);
  });
});

describe('a stack', () => {
  it('puts positive values above and negative ones below zero', () => {
    const { bands, least, greatest } = stack([
      series('a', [0, 1], [1, 2]),
      series('b', [0, 1], [-1, -3]),
      series('c', [0, 1], [10, 20]),
    ]);
    expect(bands.map(({ lower, upper }) => [Array.from(lower), Array.from(upper)])).toEqual([
      [
        [0, 0],
        [1, 2],
      ],
      [
        [0, 0],
        [-1, -3],
      ],
      [
        [1, 2],
        [11, 22],
      ],
    ]);
    expect([least, greatest]).toEqual([-3, 22]);
  });

  it('counts a gap as nothing and draws no edge there', () => {
    const { bands } = stack([series('a', [0, 2], [1, 1]), series('b', [0, 1, 2], [5, 5, 5])]);
    expect(Array.from(bands[0]?.edge ?? [])).toEqual([1, Number.NaN, 1]);
    expect(Array.from(bands[1]?.upper ?? [])).toEqual([6, 5, 6]);
  });
});

describe('the scale', () => {
  it.each([
    ['begins at zero where that is near', [1, 10], [0, 10.5]],
    ['shows differences where zero is far', [95, 100], [94.75, 100.25]],
    ['holds negative values', [-10, -1], [-10.5, 0]],
    ['spans zero', [-5, 5], [-5.5, 5.5]],
    ['has room around one value', [7, 7], [6.3, 7.7]],
    ['has room around nothing', [0, 0], [0, 1]],
    ['is there without data', [Infinity, -Infinity], [0, 1]],
  ] as const)('%s', (_, [least, greatest], [low, high]) => {
    const scale = scaleOf([least, greatest]);
    expect(scale[0]).toBeCloseTo(low);
    expect(scale[1]).toBeCloseTo(high);
  });
});

describe('labels of the axes', () => {
  it('differ from each other', () => {
    expect(valueTicks([0, 50, 100], undefined)).toEqual(['0', '50', '100']);
    expect(valueTicks([1_000_000, 1_000_050, 1_000_100], undefined)).toEqual(['1,000,000', '1,000,050', '1,000,100']);
    expect(valueTicks([0.5, 0.5005, 0.501], 'ratio')).toEqual(['50.00 %', '50.05 %', '50.10 %']);
    expect(valueTicks([1024, 1024 * 1024], 'bytes')).toEqual(['1 KiB', '1 MiB']);
  });

  it('are round in their unit', () => {
    expect(incrementsOf('bytes')?.slice(0, 3)).toEqual([1, 2, 4]);
    expect(incrementsOf('seconds')).toContain(3600);
    expect(incrementsOf('seconds')).not.toContain(100);
    expect(incrementsOf('none')).toBeUndefined();
  });

  it('say the day where it begins', () => {
    zone.value = 'utc';
    const midnight = Date.UTC(2026, 10, 26) / 1000;
    const [before, at, after] = timeTicks([midnight - 3600, midnight, midnight + 3600], 3600);
    expect([before, after]).toEqual(['23:00', '01:00']);
    expect(at).toMatch(/26/);
    expect(timeTicks([midnight + 0.25], 0.25)).toEqual(['00:00:00.250']);
  });
});

describe('the pointer', () => {
  const scene = {
    frame: { left: 0, top: 0, width: 100, height: 100, start: 0, end: 100, low: 0, high: 10 },
    series: [series('a', [0, 50, 100], [1, 2, 3]), series('b', [0, 100], [9, 9])],
    stack: undefined,
    colours: [],
    pause: 20,
    pixelRatio: 1,
  };

  it('finds the points at a moment, and the nearest of them', () => {
    const points = pointsAt(scene, 48);
    expect(points).toEqual([{ index: 0, time: 50, value: 2, y: 80 }]);
    expect(nearestTo(pointsAt(scene, 3), 5)?.index).toBe(1);
    expect(nearestTo(pointsAt(scene, 3), 95)?.index).toBe(0);
    expect(nearestTo([], 5)).toBeUndefined();
  });
});

describe('the legend', () => {
  it('hides and shows', () => {
    expect([...toggled(1, new Set([2]))]).toEqual([2, 1]);
    expect([...toggled(2, new Set([2]))]).toEqual([]);
    expect([...alone(1, 3, new Set())]).toEqual([0, 2]);
    expect([...alone(1, 3, new Set([1]))]).toEqual([0, 2]);
    expect([...alone(1, 3, new Set([0, 2]))]).toEqual([]);
  });
});

describe('the summary', () => {
  it('says what the chart shows', () => {
    zone.value = 'utc';
    const said = summary('CPU', [series('user', [0, 60], [1, 2048])], 0, 60, 'bytes');
    expect(said).toBe(
      'CPU, from 1970-01-01 00:00:00 UTC to 1970-01-01 00:01:00 UTC: user between 1 B and 2 KiB, last 2 KiB.',
    );
    expect(summary('CPU', [], 0, 60, undefined)).toBe('CPU: no data in this range.');
    expect(
      summary(
        'CPU',
        Array.from({ length: 9 }, (_, index) => series(`s${index}`, [0], [Number.NaN])),
        0,
        60,
        undefined,
      ),
    ).toContain('s5 without data, and 3 more series.');
  });
});
