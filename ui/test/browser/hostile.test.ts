import { expect, it } from 'vitest';
import { HOSTILE, MARK } from '../fixtures/hostile';
import { inBrowser, overflowOf, PAGES } from './stage';

inBrowser('names that want to do harm', (stage) => {
  it.each(PAGES)('are texts like any other on %s', async (path) => {
    stage.server.names = HOSTILE;
    const page = await stage.open(path);
    await page.waitForSelector('main .card');
    await page.waitForLoadState('networkidle');
    expect(
      await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
    ).toBeUndefined();
    expect(
      await page.locator('img, main script, main iframe, [onerror], [onload], [onfocus], [onmouseover]').count(),
    ).toBe(0);
    expect(await page.locator('a[href^="javascript" i]').count()).toBe(0);
    expect(await overflowOf(page), 'a name makes the page wider than the window').toBeLessThanOrEqual(0);
    expect(stage.complaints).toEqual([]);
  });

  it('are shown as they are', async () => {
    stage.server.names = HOSTILE;
    const page = await stage.open('/tsdb-status?limit=50');
    await page.getByText(`<img src=x onerror="window.${MARK}=1">`, { exact: true }).first().waitFor();
    await page.getByText('nul\u2400 bell\u2407').first().waitFor();
    await page.getByText('<U+202E>gnp.exe').first().waitFor();
  });

  it('do nothing in an address', async () => {
    stage.server.names = ['alpha', 'beta'];
    const page = await stage.open('/');
    // A lonely surrogate cannot be written in an address.
    for (const name of HOSTILE.filter((text) => text.length < 2000 && !/\p{Surrogate}/u.test(text))) {
      const said = encodeURIComponent(name);
      for (const address of [
        `/?host=${said}&range=${said}&memory=${said}`,
        `/flags?filter=${said}`,
        `/tsdb-status?limit=${said}`,
      ]) {
        await page.goto(stage.server.url + address);
        await page.waitForSelector('main .card');
        expect(
          await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
        ).toBeUndefined();
        expect(stage.complaints, address).toEqual([]);
      }
    }
  });
});
