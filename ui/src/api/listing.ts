/** Everything about targets that the server knows: those that are scraped, with what their last scrapes found, and those that are not. */
import { mapOutcome, type Outcome } from './failure';
import type { Labels } from './query';
import { ask } from './request';
import { anything, type Decoder, list, number, object, optional, table, text, withDefault } from './shape';
import { type Target, targetFields } from './targets';

/** What a scrape found. Sizes are in bytes. */
export interface ScrapeDetails {
  samples: number;
  /** Samples that were stored, those about the scrape itself included. */
  series: number;
  bodyBytes: number;
  /** Of the body as it came over the network. */
  wireBytes: number;
  /** By how much the target's clock is ahead of the server's; unknown where the target does not tell the time. */
  clockSkewSeconds: number | undefined;
}

export interface ListedTarget extends Omit<Target, 'discoveredLabels'> {
  /** Most of the answer, and needed for one target at a time: `labelsOf` reads them then. */
  discoveredLabels: unknown;
  /** Unknown where the server is no Regain. */
  lastScrapeDetails: ScrapeDetails | undefined;
}

export interface DroppedTarget {
  discoveredLabels: Labels;
  scrapePool: string;
}

export interface Listing {
  activeTargets: ListedTarget[];
  droppedTargets: DroppedTarget[];
  /** How many targets each pool dropped, more than are kept. */
  droppedTargetCounts: Record<string, number>;
}

const details = object<ScrapeDetails>({
  samples: number,
  series: number,
  bodyBytes: number,
  wireBytes: number,
  clockSkewSeconds: optional(number),
});

const { discoveredLabels: _, ...otherFields } = targetFields;

const listing: Decoder<Listing> = object<Listing>({
  activeTargets: list(
    object<ListedTarget>({ ...otherFields, discoveredLabels: anything, lastScrapeDetails: optional(details) }),
  ),
  droppedTargets: withDefault(list(object<DroppedTarget>({ discoveredLabels: table(text), scrapePool: text })), []),
  droppedTargetCounts: withDefault(table(number), {}),
});

/** The targets of one pool or of all. */
export function askListing(signal?: AbortSignal, pool?: string): Promise<Outcome<Listing>> {
  return ask('targets', { scrapePool: pool, details: 'true' }, listing, { signal });
}

/** The labels in a part of an answer; none if they are no labels. */
export function labelsOf(part: unknown): Labels {
  try {
    return table(text)(part, 'labels');
  } catch {
    return {};
  }
}

const pools = object<{ scrapePools: string[] }>({ scrapePools: list(text) });

/** The names of all pools. */
export async function askPools(signal?: AbortSignal): Promise<Outcome<string[]>> {
  return mapOutcome(await ask('scrape_pools', {}, pools, { signal }), ({ scrapePools }) => scrapePools);
}
