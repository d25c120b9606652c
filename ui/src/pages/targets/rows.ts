/** The list of targets as rows: a head for each pool, and below it its targets. */
import type { ListedTarget } from '../../api/listing';
import { type Health, nameOf } from '../../api/targets';
import { groupBy } from '../../group';
import { type Filter, isHealthWanted, matcherOf, textOf } from './filter';

export interface PoolCounts {
  up: number;
  down: number;
  unknown: number;
}

export interface PoolRow {
  kind: 'pool';
  key: string;
  name: string;
  counts: PoolCounts;
  /** How many of the targets pass the filter. */
  matching: number;
}

export interface TargetRow {
  kind: 'target';
  key: string;
  target: ListedTarget;
}

export type Row = PoolRow | TargetRow;

/** What needs attention comes first. */
const RANK: Readonly<Record<Health, number>> = { down: 0, unknown: 1, up: 2 };

export interface Targets {
  rows: Row[];
  /** Of all targets that the search finds, whatever their health. */
  counts: PoolCounts;
}

/** The rows of the targets that pass a filter; those of closed pools are left out. */
export function rowsOf(targets: readonly ListedTarget[], filter: Filter, closed: ReadonlySet<string>): Targets {
  const matches = matcherOf(filter.search, textOf);
  const found = targets.filter(
    (target) => (filter.pool === undefined || target.scrapePool === filter.pool) && matches(target),
  );
  const rows: Row[] = [];
  for (const [name, members] of groupBy(found, ({ scrapePool }) => scrapePool)) {
    const wanted = members.filter(({ health }) => isHealthWanted(health, filter.health));
    if (wanted.length === 0) continue;
    rows.push({
      kind: 'pool',
      key: shortKey(`pool ${name}`),
      name,
      counts: countsOf(members),
      matching: wanted.length,
    });
    if (!closed.has(name)) rows.push(...targetRows(wanted));
  }
  return { rows, counts: countsOf(found) };
}

function targetRows(members: readonly ListedTarget[]): TargetRow[] {
  const used = new Set<string>();
  return members
    .toSorted((a, b) => RANK[a.health] - RANK[b.health] || compare(nameOf(a), nameOf(b)))
    .map((target) => {
      const name = `target ${target.scrapePool} ${target.scrapeUrl}`;
      let key = shortKey(name);
      // One address may be scraped under several sets of labels.
      for (let copy = 2; used.has(key); copy++) key = shortKey(`${name} ${copy}`);
      used.add(key);
      return { kind: 'target', key, target };
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function countsOf(targets: readonly ListedTarget[]): PoolCounts {
  const counts: PoolCounts = { up: 0, down: 0, unknown: 0 };
  for (const { health } of targets) counts[health] += 1;
  return counts;
}

const keys = new Map<string, string>();
/** Keys are given anew after this many, so that targets that come and go do not fill the memory. */
const KEYS_MAX = 200_000;
let given = 0;

/** A short text that stands for a long one, always the same. */
export function shortKey(text: string): string {
  let key = keys.get(text);
  if (key === undefined) {
    if (keys.size >= KEYS_MAX) keys.clear();
    key = (given++).toString(36);
    keys.set(text, key);
  }
  return key;
}
