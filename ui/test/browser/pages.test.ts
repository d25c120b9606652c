import { expect, it } from 'vitest';
import { axe, inBrowser, overflowOf, PAGES } from './stage';

inBrowser('every page', (stage) => {
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

  it('ranks a thousand names without a pause', async () => {
    const page = await stage.open('/tsdb-status?limit=1000');
    await page.getByText('metric_999').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(4000);
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
