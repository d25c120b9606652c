import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { axe, inBrowser, overflowOf } from './stage';
import { SILENCE_ID, story } from './story';
import { HOSTILE, MARK } from '../fixtures/hostile';

const MANY = 10_000;

/** Ten thousand alerts of a hundred rules; as a rule knows them. */
function many() {
  const at = (second: number) => new Date(Date.now() - second * 1000).toISOString();
  const evaluated = { evaluationTime: 0.01, lastEvaluation: at(3), health: 'ok' };
  const alert = (index: number) => ({
    labels: { alertname: `Rule${index % 100}`, instance: `host-${String(index).padStart(5, '0')}`, severity: 'page' },
    annotations: { summary: `host-${index} is in trouble` },
    state: index % 10 === 0 ? 'pending' : 'firing',
    activeAt: at(index),
    value: '1e+00',
  });
  const rule = (number: number) => ({
    ...evaluated,
    type: 'alerting',
    state: 'firing',
    name: `Rule${number}`,
    query: 'up == 0',
    duration: 60,
    keepFiringFor: 0,
    labels: { severity: 'page' },
    annotations: {},
    alerts: Array.from({ length: MANY / 100 }, (_, index) => alert(index * 100 + number)),
  });
  const rules = Array.from({ length: 100 }, (_, number) => rule(number));
  return { groups: [{ ...evaluated, name: 'large', file: 'large.yml', interval: 15, limit: 0, rules }] };
}

const items = (page: Page) => page.locator('.virtual-list > li');
const alertNamed = (page: Page, name: string) => page.getByRole('article', { name });

inBrowser('the alerts', (stage) => {
  afterEach(() => {
    stage.server.special = {};
    stage.server.names = ['alpha', 'beta', 'gamma'];
  });

  it('are shown by rule, with state, since when, value, what is wrong, and why nobody is told', async () => {
    stage.server.special = story;
    const page = await stage.open('/alerts');
    const disk = alertNamed(page, 'db-1.example:9100, firing');
    await disk.getByText('The disk at /var/lib/postgresql on db-1.example is full in about three hours.').waitFor();
    await disk.getByText('2h', { exact: true }).waitFor();
    await disk.getByText('−8.31 G').waitFor();
    await page.getByText('keeps firing for 5m after that').waitFor();
    await page.getByRole('link', { name: /^predict_linear/ }).click();
    await page.waitForURL(/\/query\?g0\.expr=predict_linear/);
    await page.goBack();
    await page.getByText('4 alerts, 7 rules').waitFor();

    const queue = alertNamed(page, 'mq-1.example:9100, firing');
    await queue.getByText('Nobody is told:').waitFor();
    expect(await queue.getByRole('link', { name: 'AppDown of app-1.example:9100' }).count()).toBe(1);
    expect(await queue.getByRole('link', { name: 'silence 0e2a4b1c' }).getAttribute('href')).toBe(
      `/silences/${SILENCE_ID}`,
    );
    await page.getByText(/many-to-many matching not allowed/).waitFor();

    await disk.getByRole('button', { name: 'db-1.example:9100' }).press('Enter');
    await disk.getByRole('link', { name: 'Runbook', exact: true }).waitFor();
    await disk.getByText('Notified to').waitFor();
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });

  it('are found by state and text, and the address says so', async () => {
    stage.server.special = story;
    const page = await stage.open('/alerts?state=firing');
    await page.getByText('3 of 4 alerts, 3 of 7 rules').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('orders');
    await page.getByText('1 of 4 alerts, 1 of 7 rules').waitFor();
    expect(new URL(page.url()).search).toBe('?state=firing&search=orders');
    await page.getByRole('radio', { name: /^Failing/ }).check();
    await page.getByText('Nothing fits the filter.').waitFor();
  });

  it('are silenced by what will not change', async () => {
    stage.server.special = story;
    const page = await stage.open('/alerts');
    await page.getByRole('link', { name: 'Silence app-1.example:9100' }).click();
    await page.getByRole('heading', { name: 'New silence' }).waitFor();
    const values = await page
      .getByLabel(/^Value/)
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
    expect(values).toEqual(['AppDown', 'app-1.example:9100', 'node', 'high', 'app.service', 'true']);
    await page.getByRole('button', { name: 'pod="app-7f9c6d-x2z1q"' }).click();
    expect(await page.getByLabel('Value 7').inputValue()).toBe('app-7f9c6d-x2z1q');
  });

  it('are shown as people are told of them', async () => {
    const asked: URLSearchParams[] = [];
    stage.server.special = {
      ...story,
      'v2/alerts/groups': (fields, names) => {
        asked.push(fields);
        return story['v2/alerts/groups']?.(fields, names);
      },
    };
    const page = await stage.open('/alerts?view=notified');
    await page.getByText('3 alerts in 3 groups').waitFor();
    await page.getByRole('combobox', { name: 'Receiver' }).selectOption('slack');
    await page.getByRole('checkbox', { name: 'Silenced' }).check();
    await page.getByLabel('Filter by matchers').fill('severity="high", name=~"app.*"');
    await page.waitForURL(/filter=/);
    await expect
      .poll(() => Object.fromEntries(asked.at(-1) ?? []))
      .toMatchObject({ receiver: 'slack', silenced: 'true', active: 'true', muted: 'false' });
    await expect.poll(() => asked.at(-1)?.getAll('filter')).toEqual(['severity="high"', 'name=~"app.*"']);
    await page.getByLabel('Filter by matchers').fill('severity');
    await page.getByText('After severity stands none of').waitFor();
    await page.getByRole('button', { name: 'slack' }).first().click();
    await alertNamed(page, 'AppDown, firing').waitFor({ state: 'detached' });
  });

  it.each([
    [
      '/#/alerts?silenced=true&inhibited=false&active=true&filter=%7Balertname%3D%22AppDown%22%7D&receiver=slack',
      'By receiver and group',
      '/alerts',
    ],
    ['/#/silences/new?filter=%7Balertname%3D%22AppDown%22%7D', 'New silence', '/silences/new'],
    [`/#/silences/${SILENCE_ID}`, 'Silence in force', `/silences/${SILENCE_ID}`],
    ['/#/status', 'Status', '/status'],
    ['/rules', 'By group', '/rules'],
  ])('old link %s leads to %s', async (address, heading, path) => {
    stage.server.special = story;
    const page = await stage.open(address);
    await page.getByRole('heading', { name: heading }).first().waitFor();
    expect(new URL(page.url()).pathname).toBe(path);
    if (path === '/alerts')
      expect(await page.getByLabel('Filter by matchers').inputValue()).toBe('{alertname="AppDown"}');
  });

  it('are silenced elsewhere where they are only sent on', async () => {
    stage.server.special = {
      ...story,
      alertmanagers: () => ({
        activeAlertmanagers: [{ url: 'http://am.example:9093/api/v2/alerts' }],
        droppedAlertmanagers: [],
      }),
    };
    const page = await stage.blank();
    await page.route('**/api/v2/**', (route) => route.fulfill({ status: 404, body: '404 page not found' }));
    await page.goto(`${stage.server.url}/alerts`);
    expect(await page.getByRole('link', { name: 'http://am.example:9093/api/v2/alerts' }).getAttribute('href')).toBe(
      'http://am.example:9093',
    );
    const to = await page.getByRole('link', { name: 'Silence mq-1.example:9100' }).getAttribute('href');
    expect(decodeURIComponent(to ?? '')).toContain(
      'http://am.example:9093/#/silences/new?filter={alertname="QueueGrows", instance="mq-1.example:9100"',
    );
    await page.getByRole('link', { name: 'Silences', exact: true }).click();
    await page.getByText('Alerts are sent to').waitFor();
  });

  it('open without a pause though they are ten thousand, and stay where they are while they refresh', async () => {
    const answer = many();
    stage.server.special = { rules: () => answer };
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
    await page.keyboard.press('a');
    await page.getByText('10,000 alerts, 100 rules').waitFor();
    const opened = Date.now() - began;
    expect(await items(page).count(), 'only what is in sight is in the page').toBeLessThan(80);
    const pauses = await longTasks.evaluate((seen) => [...seen]);
    process.stderr.write(
      `\n10,000 alerts: shown after ${opened} ms; tasks over 50 ms: ${pauses.map((ms) => Math.round(ms)).join(', ') || 'none'}\n`,
    );

    await page.evaluate(() => scrollTo(0, 60_000));
    await page.waitForFunction(() => document.querySelectorAll('.virtual-list > li').length > 5);
    const place = () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.alert')]
          .map((one) => [one.getAttribute('aria-label'), Math.round(one.getBoundingClientRect().top)])
          .find(([, top]) => (top as number) > 100),
      );
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    const before = await place();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForLoadState('networkidle');
    expect(await place()).toEqual(before);

    await page.evaluate(() => scrollTo(0, 0));
    await page.getByRole('button', { name: 'large' }).focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toMatch(/^host-\d+$/);
    await page.keyboard.press('/');
    await page.keyboard.type('host-04242');
    await page.getByText('1 of 10,000 alerts, 1 of 100 rules').waitFor();
    expect(stage.complaints).toEqual([]);
  });

  it('do no harm by their names when they are opened', async () => {
    stage.server.names = HOSTILE;
    const page = await stage.open('/alerts?view=notified&silenced=true');
    await page.locator('.alert .fold').first().waitFor();
    // With the keyboard from one to the next, because most are out of sight.
    await page.locator('.group-head .fold').first().focus();
    for (let step = 1; step < HOSTILE.length * 2; step++) {
      await page.keyboard.press('ArrowDown');
      if (step % 2 === 1) await page.keyboard.press('Enter');
    }
    expect(await page.locator('.alert-details').count()).toBeGreaterThan(0);
    expect(
      await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
    ).toBeUndefined();
    expect(await page.locator('main img, main script, main iframe, [onerror], [onload]').count()).toBe(0);
    expect(await page.locator('a[href^="javascript" i]').count()).toBe(0);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(stage.complaints).toEqual([]);
  });

  it('are told on the first page, with what was healed today', async () => {
    stage.server.special = story;
    const page = await stage.open('/');
    const card = page.getByRole('region', { name: 'Fires now' });
    await card.getByText('1 critical, 1 high, 1 warning').waitFor();
    expect(await card.locator('ol a').allInnerTexts()).toEqual(['DiskFillsSoon', 'AppDown', 'QueueGrows']);
    await card.getByText('1 alert may fire soon.').waitFor();
    await card.getByText(/(1|Nothing was) healed today/).waitFor();
    await card.getByText('1 under way').waitFor();
    await card.getByRole('link', { name: 'QueueGrows' }).click();
    await page.getByText('1 of 4 alerts, 1 of 7 rules').waitFor();
  });

  it('are not told of where there are no rules and no remediations', async () => {
    const page = await stage.blank();
    for (const absent of ['**/api/v1/alerts', '**/api/v1/regain/healing']) {
      await page.route(absent, (route) => route.fulfill({ status: 404, body: '404 page not found' }));
    }
    await page.goto(stage.server.url);
    await page.getByRole('heading', { name: 'Wrong now' }).waitFor();
    await page.getByRole('heading', { name: 'Fires now' }).waitFor({ state: 'detached' });
  });
});
