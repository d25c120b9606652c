/** Which targets are shown. The address has it in the form that Prometheus' page has: `pool`, `search`, and `health` once for each. */
import type { ListedTarget } from '../../api/listing';
import type { Labels } from '../../api/query';
import type { Health } from '../../api/targets';

export type HealthFilter = 'all' | 'unhealthy' | Health;

export interface Filter {
  /** Nothing for all. */
  pool: string | undefined;
  search: string;
  health: HealthFilter;
}

const HEALTHS: readonly Health[] = ['up', 'down', 'unknown'];

export function filterOf(query: URLSearchParams): Filter {
  const pool = query.get('pool') ?? '';
  return {
    pool: pool === '' ? undefined : pool,
    search: query.get('search') ?? '',
    health: healthOf(query.getAll('health')),
  };
}

function healthOf(said: readonly string[]): HealthFilter {
  if (said.includes('unhealthy')) return 'unhealthy';
  const wanted = HEALTHS.filter((health) => said.includes(health));
  if (wanted.length === 2 && !wanted.includes('up')) return 'unhealthy';
  // The page offers no other two of the three.
  return wanted.length === 1 ? (wanted[0] as Health) : 'all';
}

export function isHealthWanted(health: Health, filter: HealthFilter): boolean {
  return filter === 'all' || filter === health || (filter === 'unhealthy' && health !== 'up');
}

/** A long text has nothing that anybody would type at its end. */
const SEARCHED_MAX = 1000;

const texts = new WeakMap<ListedTarget, string>();

/** What searches for a target look into. */
export function textOf(target: ListedTarget): string {
  let text = texts.get(target);
  if (text === undefined) {
    text = searchText(target.labels, target.scrapeUrl, target.scrapePool, target.lastError);
    texts.set(target, text);
  }
  return text;
}

/** Labels as `name=value`, and other texts, in lower case and without quotes, as words are looked for. */
export function searchText(labels: Labels, ...others: readonly string[]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value.slice(0, SEARCHED_MAX)}`);
  return [...pairs, ...others.map((text) => text.slice(0, SEARCHED_MAX))].join('\n').toLowerCase().replaceAll('"', '');
}

/** Says whether a text has all words of a search; labels may be written with their quotes. */
export function matcherOf<T>(search: string, textOfItem: (item: T) => string): (item: T) => boolean {
  const words = search
    .toLowerCase()
    .replaceAll('"', '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return () => true;
  return (item) => {
    const text = textOfItem(item);
    return words.every((word) => text.includes(word));
  };
}
