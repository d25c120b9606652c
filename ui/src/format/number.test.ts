import { describe, expect, it } from 'vitest';
import { formatExact, formatSeconds, formatValue, plural, type Unit } from './number';

describe('a value with its unit', () => {
  it.each<[number | null, Unit, string]>([
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1024, 'bytes', '1 KiB'],
    [1_572_864, 'bytes', '1.5 MiB'],
    [1_048_575, 'bytes', '1 MiB'],
    [-2048, 'bytes', '−2 KiB'],
    [12_345_678_901, 'bytes/s', '11.5 GiB/s'],
    [0.1234, 'ratio', '12.3 %'],
    [1, 'ratio', '100 %'],
    [0.00001, 'ratio', '0.001 %'],
    [0.000001, 'ratio', '< 0.001 %'],
    [-0.000001, 'ratio', '> −0.001 %'],
    [0, 'ratio', '0 %'],
    [0.00034, 'seconds', '340 µs'],
    [9999, 'count', '9,999'],
    [12_345, 'count', '12.3 k'],
    [999_960, 'count', '1 M'],
    [1234.5, '1/s', '1.23 k/s'],
    [0.5, 'none', '0.5'],
    [1e-9, 'none', '1.00e-9'],
    [Number.NaN, 'bytes', 'NaN'],
    [Infinity, 'ratio', '+Inf'],
    [-Infinity, 'none', '−Inf'],
    [null, 'bytes', '–'],
  ])('%s in %s is %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('keeps every digit where that is wanted', () => {
    expect([0.1 + 0.2, -0, 1e21, Infinity, -Infinity, Number.NaN].map(formatExact)).toEqual([
      '0.30000000000000004',
      '0',
      '1e+21',
      '+Inf',
      '-Inf',
      'NaN',
    ]);
  });
});

it.each([
  [0, '0 s'],
  [2e-9, '2 ns'],
  [0.0125, '12.5 ms'],
  [59.94, '59.9 s'],
  [59.96, '1m'],
  [60, '1m'],
  [72.4, '1m 12s'],
  [3599.4, '59m 59s'],
  [3599.9, '1h'],
  [12_000, '3h 20m'],
  [86_395, '1d'],
  [86_400, '1d'],
  [1_051_200, '12d 4h'],
  [-90, '−1m 30s'],
])('%s seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it('counts in words', () => {
  expect([plural(0, 'disk'), plural(1, 'disk'), plural(12_000, 'more', 'more')]).toEqual([
    '0 disks',
    '1 disk',
    '12,000 more',
  ]);
});
