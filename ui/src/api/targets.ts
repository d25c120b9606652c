/** What is scraped, and how that goes. */
import type { Outcome } from './failure';
import type { Labels } from './query';
import { ask } from './request';
import { type Decoder, list, number, object, table, text, withDefault } from './shape';

export type Health = 'up' | 'down' | 'unknown';

export interface Target {
  labels: Labels;
  discoveredLabels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  /** RFC 3339; the year 1 where there was no scrape yet. */
  lastScrape: string;
  /** In seconds. */
  lastScrapeDuration: number;
  health: Health;
  scrapeInterval: string;
  scrapeTimeout: string;
}

const health: Decoder<Health> = (value, at) => {
  const word = text(value, at);
  return word === 'up' || word === 'down' ? word : 'unknown';
};

/** The fields of a target, for other listings of targets. */
export const targetFields = {
  labels: table(text),
  discoveredLabels: withDefault(table(text), {}),
  scrapePool: text,
  scrapeUrl: text,
  globalUrl: withDefault(text, ''),
  lastError: withDefault(text, ''),
  lastScrape: text,
  lastScrapeDuration: number,
  health,
  scrapeInterval: withDefault(text, ''),
  scrapeTimeout: withDefault(text, ''),
} satisfies { [K in keyof Target]: Decoder<Target[K]> };

const target = object<Target>(targetFields);

const activeTargets: Decoder<Target[]> = (value, at) =>
  object<{ activeTargets: Target[] }>({ activeTargets: list(target) })(value, at).activeTargets;

/** The targets that are scraped, of one pool or of all. */
export function askTargets(signal?: AbortSignal, pool?: string): Promise<Outcome<Target[]>> {
  return ask('targets', { state: 'active', scrapePool: pool }, activeTargets, { signal });
}

/** What a target is called: its instance where it has one. */
export function nameOf({ labels, scrapeUrl }: Pick<Target, 'labels' | 'scrapeUrl'>): string {
  return labels.instance ?? scrapeUrl;
}
