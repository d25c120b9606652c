import { afterEach, expect, it } from 'vitest';
import { answers } from './answers';
import { axe, inBrowser, overflowOf, PAGES } from './stage';

inBrowser('every page', (stage) => {
  afterEach(() => {
    stage.server.names = ['alpha', 'beta', 'gamma'];
    stage.server.special = {};
  });

  it.each(PAGES)('%s is whole, accessible and silent, in both themes and on a phone', async (path) => {
    const page = await stage.open(path, { colorScheme: 'light' });
    await page.waitForSelector('main .card');
    await page.waitForLoadState('networkidle');
    expect(await page.title()).toMatch(/^\w.* · Regain$/);
    expect(await axe(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axe(page), 'dark').toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await axe(page), 'narrow').toEqual([]);
    expect(await overflowOf(page), 'the page is wider than the window').toBeLessThanOrEqual(0);
    expect(stage.complaints).toEqual([]);
  });

  it('shows the vital signs, the targets, the favourites and what is wrong', async () => {
    const page = await stage.open('/');
    for (const title of ['CPU', 'Load', 'Memory', 'Disk space used', 'Disk traffic', 'Network']) {
      const chart = page.getByRole('img', { name: new RegExp(`^${title}`) });
      await chart.waitFor();
      expect(await chart.getAttribute('aria-label')).toMatch(/last/);
    }
    await page.getByText('2 of 3 up').waitFor();
    await page.getByText('beta of job beta is down: beta.').waitFor();
    await page.getByText('topk(3, 1 - node_memory_MemFree_bytes / node_memory_MemTotal_bytes)').waitFor();
    await page.getByRole('radio', { name: 'Available' }).check();
    await page.getByText('topk(3, 1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)').waitFor();
    expect(page.url()).toContain('memory=available');
    await page.getByRole('radio', { name: '6h' }).check();
    expect(page.url()).toContain('range=6h');
  });

  it('moves no chart and nothing below while the first page comes in', async () => {
    // A host on which all is well, so that the list of what is wrong stays short.
    stage.server.names = ['alpha'];
    stage.server.special = {
      query: (fields, names) =>
        /[<>]|==/.test(fields.get('query') ?? '')
          ? { resultType: 'vector', result: [] }
          : answers.query?.(fields, names),
    };
    const page = await stage.blank();
    // Each part comes late, and the charts' code last.
    await page.route(/\/api\/v1\/|TimeChart/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, route.request().url().includes('TimeChart') ? 600 : 200));
      await route.continue();
    });
    await page.addInitScript(watchShifts);
    await page.goto(stage.server.url);
    await page.getByRole('img', { name: /^Network/ }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.evaluate(() => globalThis.shifts)).toEqual([]);
  });

  it("leads from Prometheus' addresses to the pages that have what they had", async () => {
    for (const [old, now] of [
      ['/graph?g0.expr=up&g0.tab=1', '/query?g0.expr=up&g0.tab=1'],
      ['/service-discovery?search=a', '/targets?search=a'],
      ['/alertmanager-discovery', '/status'],
    ] as const) {
      const page = await stage.open(old);
      await page.waitForURL(stage.server.url + now);
      await page.waitForSelector('main .card');
      await page.context().close();
    }
  });

  it('leads from a problem to its target', async () => {
    const page = await stage.open('/');
    await page.getByRole('link', { name: 'beta of job beta is down: beta.' }).click();
    await page.waitForURL(/\/targets\?pool=beta&search=instance%3Dbeta/);
    await page.locator('.target').waitFor();
    expect(await page.locator('.target').count()).toBe(1);
  });

  it('ranks a thousand names without a pause', async () => {
    const page = await stage.open('/tsdb-status?limit=1000');
    const ranking = page.getByRole('grid', { name: 'Series by metric' });
    await ranking.getByText('metric_9', { exact: true }).waitFor();
    expect(await ranking.getAttribute('aria-rowcount')).toBe('1001');
    expect(await page.getByRole('row').count(), 'rows out of sight are not there').toBeLessThan(200);
    await ranking.getByRole('row').nth(1).focus();
    await page.keyboard.press('End');
    await ranking.getByText('metric_999', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/query\?g0\.expr=count\+by.*metric_999/);
  });

  it('filters flags, and the address says how', async () => {
    const page = await stage.open('/flags');
    await page.waitForSelector('tbody tr');
    await page.keyboard.press('/');
    await page.keyboard.type('flag.2');
    await page.getByText('1 flag', { exact: true }).waitFor();
    expect(page.url()).toContain('filter=flag.2');
  });

  it('hides nothing but secrets in the configuration', async () => {
    const page = await stage.open('/config');
    await page.getByText('job_name: alpha').waitFor();
    expect(await page.locator('.yaml-secret').count()).toBe(3);
  });
});

declare global {
  /** What moved without the reader's doing, a line each. */
  var shifts: string[];
}

/** Runs in the page. */
function watchShifts() {
  interface Shift extends PerformanceEntry {
    value: number;
    sources: { node?: Node }[];
  }
  /** Less than this is a pixel here and there. */
  const LEAST = 0.005;
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Shift[]) {
      const moved = sources.flatMap(({ node }) =>
        node instanceof Element && node.closest('.home-main') !== null ? node.outerHTML.slice(0, 100) : [],
      );
      if (value >= LEAST && moved.length > 0) globalThis.shifts.push(`${value}: ${moved.join(' ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}
