import { expect, it } from 'vitest';
import type { ListedTarget } from '../../api/listing';
import type { Health } from '../../api/targets';
import type { Filter } from './filter';
import { rowsOf } from './rows';

const ALL: Filter = { pool: undefined, search: '', health: 'all' };

function target(scrapePool: string, instance: string, health: Health = 'up'): ListedTarget {
  return {
    labels: { instance },
    discoveredLabels: {},
    scrapePool,
    scrapeUrl: `http://${instance}/metrics`,
    globalUrl: '',
    lastError: '',
    lastScrape: '',
    lastScrapeDuration: 0,
    health,
    scrapeInterval: '5s',
    scrapeTimeout: '5s',
    lastScrapeDetails: undefined,
  };
}

function shown(targets: readonly ListedTarget[], filter: Filter, closed: readonly string[] = []): string[] {
  const { rows } = rowsOf(targets, filter, new Set(closed));
  return rows.map((row) =>
    row.kind === 'pool'
      ? `${row.name}: ${row.matching} of ${row.counts.up}/${row.counts.down}/${row.counts.unknown}`
      : (row.target.labels.instance ?? ''),
  );
}

const TARGETS = [
  target('a', 'c'),
  target('a', 'b', 'down'),
  target('a', 'a', 'unknown'),
  target('a', 'a1'),
  target('b', 'x'),
];

it('puts targets below their pool, those that need attention first', () => {
  expect(shown(TARGETS, ALL)).toEqual(['a: 4 of 2/1/1', 'b', 'a', 'a1', 'c', 'b: 1 of 1/0/0', 'x']);
});

it('leaves out what the filter does not want, and pools without the rest', () => {
  expect(shown(TARGETS, { ...ALL, health: 'unhealthy' })).toEqual(['a: 2 of 2/1/1', 'b', 'a']);
  expect(shown(TARGETS, { ...ALL, pool: 'b' })).toEqual(['b: 1 of 1/0/0', 'x']);
  expect(shown(TARGETS, { ...ALL, search: 'instance=a' })).toEqual(['a: 2 of 1/0/1', 'a', 'a1']);
});

it('keeps the heads of closed pools', () => {
  expect(shown(TARGETS, ALL, ['a'])).toEqual(['a: 4 of 2/1/1', 'b: 1 of 1/0/0', 'x']);
});

it('gives each row a key of its own, which stays', () => {
  const twice = [target('a', 'same'), target('a', 'same'), target('__proto__', 'same')];
  const keys = rowsOf(twice, ALL, new Set()).rows.map(({ key }) => key);
  expect(new Set(keys).size).toBe(5);
  expect(rowsOf(twice, ALL, new Set()).rows.map(({ key }) => key)).toEqual(keys);
});
