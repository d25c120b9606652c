/** What tests of the targets page share. */
import type { Page } from 'playwright-core';

const MANY = 5000;

export function target(name: string, pool: string, more: object = {}) {
  return {
    discoveredLabels: { __address__: name, __meta_zone: 'eu-west-1', job: pool },
    labels: { job: pool, instance: name, zone: 'eu-west' },
    scrapePool: pool,
    scrapeUrl: `http://${name}/metrics`,
    globalUrl: `http://${name}/metrics`,
    lastError: '',
    lastScrape: new Date(Date.now() - 3000).toISOString(),
    lastScrapeDuration: 0.0123,
    health: 'up',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
    lastScrapeDetails: { samples: 1200, series: 1206, bodyBytes: 150_000, wireBytes: 30_000, clockSkewSeconds: 0.1 },
    ...more,
  };
}

export function listing(...activeTargets: object[]) {
  return { activeTargets, droppedTargets: [], droppedTargetCounts: {} };
}

/** Every fiftieth is down. */
export function many() {
  return listing(
    ...Array.from({ length: MANY }, (_, index) => {
      const pool = `job-${index % 5}`;
      const name = `host-${String(index).padStart(4, '0')}.example:9100`;
      return index % 50 === 7
        ? target(name, pool, { health: 'down', lastError: `Get "http://${name}/metrics": connection refused` })
        : target(name, pool);
    }),
  );
}

export const items = (page: Page) => page.locator('.virtual-list > li');

export function focusedName(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.textContent?.trim());
}

export function isFocusInSight(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { top = -1, bottom = Infinity } = document.activeElement?.getBoundingClientRect() ?? {};
    return top >= 0 && bottom <= innerHeight;
  });
}
