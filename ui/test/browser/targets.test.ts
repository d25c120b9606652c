import { expect, it } from 'vitest';
import { HOSTILE, MARK } from '../fixtures/hostile';
import { axe, inBrowser, overflowOf } from './stage';
import { focusedName, isFocusInSight, items, listing, many, target } from './targets-page';

inBrowser('the targets', (stage) => {
  it('are shown with state, labels, the whole error, and what the last scrape found', async () => {
    const error = `expected a name at "${'x'.repeat(300)}" in line 7`;
    stage.server.special = {
      targets: () =>
        listing(
          target('one:1', 'a'),
          target('two:2', 'b', {
            health: 'down',
            lastError: error,
            lastScrapeDetails: { samples: 0, series: 5, bodyBytes: 0, wireBytes: 0, clockSkewSeconds: -4.2 },
          }),
          target('new:3', 'b', { health: 'unknown', lastScrape: '0001-01-01T00:00:00Z', lastScrapeDetails: undefined }),
        ),
    };
    const page = await stage.open('/targets');
    const one = page.getByRole('article', { name: 'one:1' });
    await one.getByText('zone="eu-west"').waitFor();
    for (const text of ['up', '12.3 ms', /1,200\s+in 146 KiB/, /^\d+ s ago$/])
      await one.getByText(text).first().waitFor();
    const two = page.getByRole('article', { name: 'two:2' });
    await two.getByText(error, { exact: true }).waitFor();
    await two.getByText("Its clock is 4.2 s behind this server's").waitFor();
    await page.getByRole('article', { name: 'new:3' }).getByText('never').waitFor();
    await page.getByText('0 of 2 up').waitFor();

    await one.getByRole('button', { name: 'one:1' }).click();
    for (const text of [
      '12.3 ms of the 10s that it may take',
      '1,200 samples in 146 KiB, 29.3 KiB compressed',
      '__meta_zone',
      "as this server's, to half a second",
    ])
      await one.getByText(text).first().waitFor();
    expect(await one.getByRole('link', { name: 'http://one:1/metrics' }).getAttribute('href')).toBe(
      'http://one:1/metrics',
    );
    expect(await axe(page)).toEqual([]);
    await page.context().close();
    stage.server.special = {};
  });

  it('tell how relabelling made them', async () => {
    const page = await stage.open('/targets?pool=alpha');
    await page.getByRole('article', { name: 'alpha' }).getByRole('button', { name: 'alpha' }).click();
    await page.getByRole('button', { name: 'Relabelling, step by step' }).click();
    const dialog = page.getByRole('dialog', { name: 'Relabelling, step by step' });
    await dialog.getByText('changes nothing').waitFor();
    const steps = dialog.locator('.step');
    expect(await steps.count()).toBe(4);
    expect(await steps.nth(0).innerText()).toMatch(/action\s*replace[^]*target_label\s*added[^]*added = alpha/);
    await steps.nth(3).getByText('drops the target').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.context().close();
  });

  it('are found by pool, health and text, and the address says so', async () => {
    stage.server.special = {
      targets: (fields) =>
        fields.get('scrapePool') === 'job-1'
          ? listing(...many().activeTargets.filter((_, index) => index % 5 === 1))
          : many(),
      scrape_pools: () => ({ scrapePools: ['job-0', 'job-1'] }),
    };
    // As Prometheus' page writes its links.
    const page = await stage.open('/targets?pool=job-1&search=HOST-00+zone%3D%22eu-west%22&health=up');
    await page.getByText('20 of 1,000 targets').or(page.getByText('20 targets')).waitFor();
    expect(await page.getByLabel('Job').inputValue()).toBe('job-1');
    expect(await page.getByRole('radio', { name: /^Up/ }).isChecked()).toBe(true);
    await page.getByLabel('Job').selectOption('');
    await page.getByRole('radio', { name: /^Unhealthy/ }).check();
    await page.getByText('2 of 100 targets').waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('pool'), searchParams.get('health'), searchParams.get('search')]).toEqual([
      null,
      'unhealthy',
      'HOST-00 zone="eu-west"',
    ]);
    await page.keyboard.press('Escape');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('/');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('host-0057');
    await page.getByText('1 target', { exact: true }).waitFor();
    await page.context().close();
    stage.server.special = {};
  });

  it('were once on a page of discovered targets, whose links lead here', async () => {
    const page = await stage.open('/service-discovery?pool=alpha&state=dropped');
    await page.getByRole('heading', { name: 'Dropped by relabelling' }).waitFor();
    await page
      .getByText('1 of them are kept')
      .or(page.getByText(/of them are kept/))
      .waitFor();
    await page
      .getByRole('button', { name: /^Relabelling/ })
      .first()
      .click();
    await page.getByText('drops the target').waitFor();
    await page.context().close();
  });

  it('open without a pause though they are five thousand', async () => {
    const answer = many();
    stage.server.special = { targets: () => answer };
    const page = await stage.open('/status');
    await page.waitForSelector('main .card');
    await page.waitForLoadState('networkidle');
    const longTasks = await page.evaluateHandle(() => {
      const seen: number[] = [];
      new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
      return seen;
    });
    const began = Date.now();
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByText('5,000 targets').waitFor();
    const opened = Date.now() - began;
    expect(await items(page).count(), 'only what is in sight is in the page').toBeLessThan(80);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    const pauses = await longTasks.evaluate((seen) => [...seen]);
    process.stderr.write(
      `\n5,000 targets: shown after ${opened} ms; tasks over 50 ms: ${pauses.map((ms) => Math.round(ms)).join(', ') || 'none'}\n`,
    );

    // From the first to the last and back, with the keyboard alone.
    await page.getByRole('button', { name: 'job-0' }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await focusedName(page)).toBe('host-0000.example:9100');
    await page.keyboard.press('End');
    await expect.poll(() => focusedName(page)).toBe('host-4999.example:9100');
    await expect.poll(() => isFocusInSight(page)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('12.3 ms of the 10s that it may take').waitFor();
    // The focus survives when its target is scrolled out of sight.
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByRole('button', { name: 'job-0' }).waitFor();
    expect(await focusedName(page)).toBe('host-4999.example:9100');
    await page.keyboard.press('Home');
    await expect.poll(() => focusedName(page)).toBe('job-0');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'job-1' }).waitFor();
    expect(await page.getByRole('button', { name: 'job-0' }).getAttribute('aria-expanded')).toBe('false');

    await page.keyboard.press('/');
    await page.keyboard.type('host-2507');
    await page.getByText('1 target', { exact: true }).waitFor();
    expect(stage.complaints).toEqual([]);
    await page.context().close();
    stage.server.special = {};
  });

  it('stay where they are while they refresh', async () => {
    const answer = many();
    stage.server.special = { targets: () => answer };
    const page = await stage.open('/targets');
    await page.getByText('5,000 targets').waitFor();
    await page.evaluate(() => scrollTo(0, 60_000));
    await page.waitForFunction(() => document.querySelectorAll('.virtual-list > li').length > 5);
    const place = () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.target')]
          .map((one) => [one.getAttribute('aria-label'), Math.round(one.getBoundingClientRect().top)])
          .find(([, top]) => (top as number) > 100),
      );
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    const before = await place();
    // A look away and back asks again.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForLoadState('networkidle');
    expect(await place()).toEqual(before);
    await page.context().close();
    stage.server.special = {};
  });

  it('do no harm by their names, in the list, opened, and relabelled', async () => {
    stage.server.names = HOSTILE;
    stage.server.special = { scrape_pools: (_, names) => ({ scrapePools: names }) };
    const page = await stage.open('/targets');
    await page.locator('.pool-head').getByText(`<img src=x onerror="window.${MARK}=1">`, { exact: true }).waitFor();
    const names = page.locator('.target .target-name');
    for (let index = 0; index < HOSTILE.length; index++) {
      // With the keyboard from one to the next, because most are out of sight.
      await names.first().focus();
      for (let step = 0; step < index; step++)
        for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      await page
        .locator('.target:focus-within')
        .getByRole('button', { name: 'Relabelling, step by step' })
        .press('Enter');
      await page.getByRole('dialog').getByText('drops the target').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.target:focus-within .target-name').press('Enter');
      await page.keyboard.press('Home');
    }
    expect(
      await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
    ).toBeUndefined();
    expect(await page.locator('main img, main script, main iframe, [onerror], [onload]').count()).toBe(0);
    expect(await page.locator('a[href^="javascript" i]').count()).toBe(0);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(stage.complaints).toEqual([]);
    for (const name of HOSTILE.filter((text) => text.length < 2000 && !/\p{Surrogate}/u.test(text))) {
      const said = encodeURIComponent(name);
      await page.goto(`${stage.server.url}/targets?pool=${said}&search=${said}&health=${said}&view=${said}`);
      await page.waitForSelector('main .card');
      expect(stage.complaints, name).toEqual([]);
    }
    await page.context().close();
    stage.server.names = ['alpha', 'beta', 'gamma'];
    stage.server.special = {};
  });

  it('have a cost, and another at another interval', async () => {
    const page = await stage.open('/targets?view=cost');
    const row = (name: string | RegExp) => page.getByRole('row', { name });
    await row(/^alpha 15s 1 300 20\/s 0\.067 % 977 KiB 600 B\/s/).waitFor();
    const other = page
      .locator('tbody')
      .first()
      .getByRole('row', { name: /if every 5s/ });
    expect(await other.innerText()).toMatch(/5s[^]*scrape_timeout is 10s[^]*60\/s ×3[^]*0\.2 % ×3/);
    await row(/^All 3 jobs/).waitFor();
    await page.getByRole('button', { name: 'alpha' }).press('Enter');
    await other.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it("show by how much the browser's clock is off", async () => {
    stage.server.special = {
      'status/runtimeinfo': () => ({
        startTime: new Date().toISOString(),
        CWD: '/',
        hostname: 'h',
        serverTime: new Date(Date.now() + 4000).toISOString(),
        reloadConfigSuccess: true,
        lastConfigTime: new Date().toISOString(),
        corruptionCount: 0,
        goroutineCount: 1,
        GOMAXPROCS: 1,
        GOMEMLIMIT: 0,
        GOGC: '',
        GODEBUG: '',
        storageRetention: '15d',
      }),
    };
    const page = await stage.open('/targets');
    await page.getByText(/^Your clock is (4|4\.\d+|3\.\d+) s behind this server's/).waitFor();
    await page.context().close();
    stage.server.special = {};
  });
});
