import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { choose, open, parameters, restore, run } from './query-page';
import { axe, inBrowser, overflowOf } from './stage';

const tree = (page: Page) => page.getByRole('treegrid');
const parts = (page: Page) => tree(page).locator('[data-row]');
const marked = (page: Page) => page.locator('.explain-query mark').innerText();

inBrowser('the explanation of a query', (stage) => {
  afterEach(() => restore(stage));

  it('is a tree with the reason above, and marks in the text what one looks at', async () => {
    const page = await open(stage, '/query');
    await run(page, 'alpha / beta');
    await choose(page, 'Explain');
    await page.getByText('Nothing matches: alpha is only on the left.').first().waitFor();
    expect(parameters(page).get('g0.tab')).toBe('explain');
    expect(await parts(page).count()).toBe(4);
    expect(await parts(page).nth(1).innerText()).toContain('no decoding');
    expect(await parts(page).nth(2).innerText()).toContain('in one go with alpha');
    expect(await parts(page).nth(3).innerText()).toContain('once');
    // The part that is to blame is chosen.
    expect(await marked(page)).toBe('alpha / beta');
    const details = page.getByRole('region', { name: 'Details of the part' });
    expect(await details.innerText()).toContain('40 series on the left, 2 on the right, by alpha: 0 groups match');
    await parts(page).nth(1).hover();
    expect(await marked(page)).toBe('a');
    expect(await details.innerText()).toContain('40 series on the left');
    await parts(page).nth(1).click();
    expect(await details.innerText()).toContain('1 part, 1 without decoding');
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });

  it('is moved through with the keyboard', async () => {
    const page = await open(stage, '/query?g0.expr=alpha+%2F+beta&g0.tab=explain');
    await parts(page).first().focus();
    const at = () => page.evaluate(() => document.activeElement?.getAttribute('data-row'));
    for (const [key, row] of [
      ['ArrowRight', '1'],
      ['ArrowDown', '2'],
      ['ArrowLeft', '1'],
      ['End', '3'],
      ['ArrowLeft', '0'],
    ] as const) {
      // Each key starts from where the last one has led.
      // oxlint-disable-next-line no-await-in-loop
      await page.keyboard.press(key);
      // oxlint-disable-next-line no-await-in-loop
      expect(await at(), key).toBe(row);
    }
    await page.keyboard.press('End');
    expect(await marked(page)).toBe('a');
    expect(await parts(page).nth(3).getAttribute('aria-selected')).toBe('true');
    expect(await axe(page)).toEqual([]);
    await page.context().close();
  });

  it('is asked for at one time or over the range, and again when the query runs again', async () => {
    const page = await open(stage, '/query?g0.expr=alpha&g0.tab=explain&g0.range_input=2h');
    await tree(page).waitFor();
    const asked: Record<string, string>[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/regain/explain'))
        asked.push(Object.fromEntries(new URLSearchParams(request.postData() ?? '')));
    });
    await page.getByRole('button', { name: 'Run' }).click();
    await expect.poll(() => asked.length).toBe(1);
    expect(Number(asked[0]?.end) - Number(asked[0]?.start)).toBe(7200);
    await choose(page, 'At one time');
    await expect.poll(() => asked.length).toBe(2);
    expect(asked[1]).toEqual({ query: 'alpha' });
    await page.context().close();
  });

  it('has room for forty parts, on a narrow window too', async () => {
    const count = 40;
    const expr = 'alpha'.padEnd(count * 4, ' + 1');
    stage.server.special = {
      'regain/explain': () => ({
        resultType: 'vector',
        series: 3,
        whyEmpty: null,
        nodes: Array.from({ length: count }, (_, index) => ({
          parent: index === 0 ? null : index - 1,
          start: 0,
          end: expr.length - index * 4,
          kind: 'binary',
          label: index === count - 1 ? 'alpha' : '+',
          constant: false,
          evaluation: index === 0 ? 'settled' : 'part',
          partOf: index === 0 ? null : 0,
        })),
      }),
    };
    const page = await open(stage, `/query?g0.expr=${encodeURIComponent(expr)}&g0.tab=explain`, {
      viewport: { width: 360, height: 700 },
    });
    await parts(page).first().focus();
    await page.keyboard.press('End');
    expect(await parts(page).count()).toBe(count);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-row'))).toBe(String(count - 1));
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

  it('is offered where a query finds nothing', async () => {
    stage.server.special = { query: () => ({ resultType: 'vector', result: [] }) };
    const page = await open(stage, '/query?g0.expr=nothing');
    await page.getByRole('button', { name: 'Explain why' }).click();
    await tree(page).waitFor();
    await page.context().close();
  });
});
