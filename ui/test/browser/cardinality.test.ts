import { afterEach, beforeEach, expect, it } from 'vitest';
import { group, groupsOf, limits, refused } from './cardinality';
import { axe, inBrowser, overflowOf } from './stage';

const NOW_S = Math.floor(Date.now() / 1000);

inBrowser('where series come from', (stage) => {
  /** What the server was asked. */
  let asked: URLSearchParams[] = [];
  const last = () => Object.fromEntries(asked.at(-1) ?? []);

  beforeEach(() => {
    asked = [];
    const metrics = [
      group('metric', 'http_requests_total', 9000, {
        before: 8000,
        growth: 1000,
        lastQueried: NOW_S - 60,
        refused: 120,
      }),
      group('metric', 'debug_events', 4000, { before: 100, growth: 3900 }),
      group('metric', 'up', 12, { before: 0, growth: 12, lastQueried: NOW_S - 86_400 * 9 }),
    ];
    stage.server.special = {
      'regain/cardinality': (fields) => {
        asked.push(fields);
        const by = fields.get('by') ?? 'metric';
        if (by === 'metric') {
          const unqueried = metrics.filter((metric) => !('lastQueried' in metric));
          return groupsOf(by, fields.has('unqueried_since') ? unqueried : metrics, { groups: 812 });
        }
        return groupsOf(by, [group(by, 'pod', 9000), group(by, 'code', 500)]);
      },
      'regain/limits': () => limits({ refused: [refused('shop', 'http_requests_total', 120)] }),
    };
  });
  afterEach(() => {
    stage.server.special = {};
  });

  it('is told by metric, with what has grown and what is refused', async () => {
    const page = await stage.open('/status');
    await page.getByRole('link', { name: 'Cardinality', exact: true }).click();
    const grid = page.getByRole('grid', { name: 'Metric' });
    await grid.getByText('http_requests_total').waitFor();
    await page.getByText('the first 3 of 812').waitFor();
    const rows = grid.getByRole('row');
    expect(await rows.nth(1).innerText()).toMatch(/http_requests_total\s+9,000\s+\+1,000\s+1m 0?\d*s? ?ago\s+120/);
    expect(await rows.nth(2).innerText()).toMatch(/debug_events\s+4,000\s+\+3,900\s+never/);
    expect(await rows.nth(3).innerText()).toMatch(/up\s+12\s+new\s+9d/);
    const card = page.getByRole('region', { name: 'Refused', exact: true });
    expect(await card.innerText()).toMatch(/shop\s+http_requests_total\s+120\s+its metric has enough/);
    await card.getByText('A metric has 50,000 series at most.').waitFor();
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });

  it('is gone into down to the values of a label, and back', async () => {
    const page = await stage.open('/cardinality');
    await page.getByRole('link', { name: 'http_requests_total' }).click();
    await page.getByRole('grid', { name: 'Label' }).getByText('pod').waitFor();
    expect(last()).toMatchObject({ by: 'label', 'match[]': 'http_requests_total' });
    await page.getByRole('link', { name: 'pod' }).click();
    const values = page.getByRole('grid', { name: 'Value' });
    await values.getByText('pod').waitFor();
    expect(last()).toMatchObject({ by: 'label_value', label: 'pod', 'match[]': 'http_requests_total' });
    const way = page.getByRole('navigation', { name: 'Series' });
    expect(await way.innerText()).toMatch(/All series\s+metric http_requests_total\s+label pod/);
    expect(await values.getByRole('link', { name: 'code' }).getAttribute('href')).toContain(
      encodeURIComponent('http_requests_total{pod="code"}').replaceAll('%20', '+'),
    );
    expect(await axe(page)).toEqual([]);
    await way.getByRole('link', { name: 'All series' }).click();
    await page.getByRole('grid', { name: 'Metric' }).getByText('debug_events').waitFor();
    expect(last()).not.toHaveProperty('match[]');
  });

  it('is sorted by growth and narrowed to what nothing asks for', async () => {
    const page = await stage.open('/cardinality');
    await page.getByRole('button', { name: 'Since yesterday' }).click();
    await page.waitForURL(/sort=growth/);
    await expect.poll(() => last()['sort']).toBe('growth');
    await page.getByRole('radio', { name: 'Never queried' }).check();
    await page.getByRole('grid', { name: 'Metric' }).getByText('debug_events').waitFor();
    await expect.poll(() => page.getByRole('grid', { name: 'Metric' }).getByRole('row').count()).toBe(2);
    expect(last()).toMatchObject({ unqueried_since: '0' });
    await page.getByText('It is noted since').waitFor();
  });

  it('says that memory is short, on a phone as well', async () => {
    const memory = { usedBytes: 6_500_000_000, limitBytes: 6_400_000_000, refusesAll: false, refusedJobs: ['shop'] };
    stage.server.special['regain/limits'] = () => limits({ memory });
    const page = await stage.open('/cardinality', { viewport: { width: 360, height: 740 } });
    await page.getByRole('alert').getByText('new series of shop are refused').waitFor();
    const name = page.getByRole('grid', { name: 'Metric' }).getByText('debug_events');
    await name.waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await axe(page)).toEqual([]);
  });
});
