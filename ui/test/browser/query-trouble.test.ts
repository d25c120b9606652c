import { afterEach, expect, it } from 'vitest';
import { HOSTILE, MARK } from '../fixtures/hostile';
import { choose, edited, field, open, plotArea, restore, rows, run } from './query-page';
import { axe, inBrowser } from './stage';

inBrowser('the query page in trouble', (stage) => {
  afterEach(() => restore(stage));

  it('explains a mistake at its place', async () => {
    const page = await open(stage, '/query');
    const error = {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "query": 2:4: parse error: unexpected identifier "bar"',
    };
    await page.route(/api\/v1\/query$/, (route) =>
      route.fulfill({ status: 400, contentType: 'application/json', body: JSON.stringify(error) }),
    );
    const errors = [
      { message: 'unexpected identifier "bar"', start: 9, end: 12 },
      { message: 'unexpected end of input', start: 14, end: 14 },
    ];
    await page.route(/api\/v1\/regain\/lint$/, (route) =>
      route.fulfill({ contentType: 'application/json', body: JSON.stringify({ status: 'success', data: { errors } }) }),
    );
    await edited(page);
    await field(page).click();
    await page.keyboard.type('foo +');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('x  bar +');
    await page.locator('.cm-lintRange-error', { hasText: 'bar' }).waitFor();
    await page.locator('.cm-lintRange-error', { hasText: '+' }).waitFor();
    await page.getByRole('button', { name: 'Run' }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain('unexpected identifier "bar"');
    expect(await alert.innerText()).toContain('Line 2, column 4.');
    expect(await alert.locator('mark').innerText()).toBe('bar');
    expect(await axe(page)).toEqual([]);
    await page.context().close();
  });

  it('survives a million series', async () => {
    const one = (index: number) => `{"metric":{"a":"${index}"},"value":[1,"1"]}`;
    const body = `{"status":"success","data":{"resultType":"vector","result":[${Array.from({ length: 1_000_000 }, (_, index) => one(index)).join(',')}]}}`;
    const page = await open(stage, '/query');
    await page.route('**/api/v1/query', (route) => route.fulfill({ contentType: 'application/json', body }));
    await run(page, 'huge');
    await page.getByText('The answer has 1,000,000 series; the page keeps the first 100,000.').waitFor();
    expect(await rows(page).count()).toBeLessThan(60);
    await page.getByRole('button', { name: /^Value/ }).click();
    await rows(page).nth(1).focus();
    await page.keyboard.press('End');
    await rows(page).filter({ hasText: 'a="99999"' }).waitFor();
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });

  it('asks for a part of a large answer, and for all of it on demand', async () => {
    const page = await open(stage, '/query');
    const limits: (string | null)[] = [];
    await page.route('**/api/v1/query', (route) => {
      limits.push(new URLSearchParams(route.request().postData() ?? '').get('limit'));
      return route.fulfill({
        json: {
          status: 'success',
          data: { resultType: 'vector', result: [{ metric: { a: 'x' }, value: [1, '1'] }] },
          warnings: limits.length === 1 ? ['results truncated due to limit'] : [],
        },
      });
    });
    await run(page, 'many');
    await page.getByText('these are the first 1.').waitFor();
    await page.getByRole('button', { name: 'Ask for all' }).click();
    await page.getByText('these are the first 1.').waitFor({ state: 'detached' });
    expect(limits).toEqual(['50000', null]);
    await page.context().close();
  });

  const FAILURES = [
    [
      'too many samples',
      422,
      { errorType: 'execution', error: 'query processing would load too many samples into memory in query execution' },
      '--query.max-samples',
    ],
    ['a timeout', 503, { errorType: 'timeout', error: 'query timed out in expression evaluation' }, '--query.timeout'],
    [
      'a range vector in a graph',
      400,
      {
        errorType: 'bad_data',
        error:
          'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
      },
      'show it as a table',
    ],
    [
      'too many points',
      400,
      {
        errorType: 'bad_data',
        error:
          'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      },
      'a larger step',
    ],
  ] as const;

  it.each(FAILURES)('tells of %s what to do', async (_, status, error, words) => {
    const page = await open(stage, '/query');
    await page.route('**/api/v1/query', (route) => route.fulfill({ status, json: { status: 'error', ...error } }));
    await run(page, 'alpha');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain(error.error);
    expect(await alert.innerText()).toContain(words);
    await page.context().close();
  });

  it.each([
    ['error 500', 'the disk is on fire'],
    ['half an answer', 'it ends in the middle'],
    ['not JSON', 'it makes no sense at byte 0'],
    ['other shape', 'it makes no sense'],
    ['endless', 'larger than 96 MB'],
  ] as const)('tells of %s and goes on', async (mood, words) => {
    const page = await open(stage, '/query');
    await field(page).waitFor();
    stage.server.mood = mood;
    await run(page, 'alpha');
    await page.getByRole('alert').getByText(words).waitFor();
    stage.server.mood = 'well';
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('3 series · 3 points').waitFor();
    await page.context().close();
  });

  it('lets one give up waiting', async () => {
    const page = await open(stage, '/query');
    await edited(page);
    stage.server.mood = 'silent';
    await run(page, 'alpha');
    await page.getByText(/^Waiting for/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('The question was withdrawn.').waitFor();
    await page.context().close();
  });

  it('asks again by itself when the server is back', async () => {
    const page = await open(stage, '/query');
    await edited(page);
    const { port } = stage.server;
    await stage.server.stop();
    await run(page, 'alpha');
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await stage.server.listen(port);
    await page.getByText('3 series · 3 points').waitFor();
    await page.context().close();
  });

  it('takes hostile names in a graph, its read-out, its exports and the address', async () => {
    stage.server.names = HOSTILE;
    const page = await open(
      stage,
      `/query?g0.expr=${encodeURIComponent(HOSTILE[0] ?? '')}&g0.tab=graph&g0.range_input=${encodeURIComponent(HOSTILE[1] ?? '')}&g0.end_input=%00&g1.expr=${encodeURIComponent(HOSTILE[11] ?? '')}`,
    );
    await page.getByRole('img', { name: /from/ }).waitFor();
    await choose(page, 'All');
    const { x1, y } = await plotArea(page);
    await page.mouse.move(x1, y);
    await page.locator('.readout').waitFor();
    await page.getByRole('button', { name: 'CSV' }).first().click();
    await page.getByRole('button', { name: 'PNG' }).first().click();
    expect(
      await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
    ).toBeUndefined();
    expect(
      await page
        .locator('img:not(.cm-widgetBuffer), main script, [onerror], [onload], [onfocus], [onmouseover]')
        .count(),
    ).toBe(0);
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });
});
