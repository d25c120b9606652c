import { afterEach, expect, it } from 'vitest';
import { choose, edited, field, GRAPH, offered, open, parameters, restore, rows, run } from './query-page';
import { inBrowser } from './stage';

inBrowser('the query page', (stage) => {
  afterEach(() => restore(stage));

  it('answers what is typed, as a table and as a graph, and keeps it over a reload', async () => {
    const page = await open(stage, '/query');
    await run(page, 'my_metric');
    await page.getByRole('gridcell', { name: /^alpha \{/ }).waitFor();
    await page.getByText('3 series · 3 points').waitFor();
    await choose(page, 'Graph');
    const chart = page.getByRole('img', { name: /^my_metric, from .*alpha.* between .* last / });
    await chart.waitFor();
    expect(Object.fromEntries(parameters(page))).toEqual({ 'g0.expr': 'my_metric', 'g0.tab': 'graph' });
    await page.reload();
    await chart.waitFor();
    await expect.poll(() => field(page).innerText()).toBe('my_metric');
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });

  it('goes on in the editor where the plain field was left', async () => {
    const page = await stage.blank();
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => (arrive = resolve));
    await page.route(/assets\/code-[^/]*\.js$/, async (route) => {
      await arrival;
      await route.continue();
    });
    await page.goto(`${stage.server.url}/query`);
    await field(page).click();
    await page.keyboard.type('sum(alpha');
    expect(await field(page).inputValue()).toBe('sum(alpha');
    await page.keyboard.press('ArrowLeft');
    arrive();
    await edited(page);
    await page.keyboard.type('X');
    expect(await field(page).innerText()).toBe('sum(alphXa');
    await page.context().close();
  });

  it('suggests metrics with their help, history first', async () => {
    stage.server.special = { metadata: () => ({ beta: [{ type: 'gauge', help: 'What beta means.', unit: '' }] }) };
    const page = await open(stage, '/query?g0.expr=gamma');
    await page.getByText('3 series').waitFor();
    await edited(page);
    await field(page).click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('be');
    const option = page.getByRole('option', { name: /beta/ });
    await option.waitFor();
    expect(await option.innerText()).toContain('gauge');
    await page.getByText('What beta means.').waitFor();
    await offered(page);
    await page.keyboard.press('Tab');
    expect((await field(page).innerText()).trim()).toBe('beta');
    await page.keyboard.press('Enter');
    await page.waitForURL(/g0\.expr=beta/);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: /beta.*run before/ }).waitFor();
    await page.context().close();
  });

  it('has several panels, which the address knows', async () => {
    const page = await open(stage, '/query?g0.expr=alpha');
    const panels = page.getByRole('region', { name: /^Query \d/ });
    await page.getByRole('button', { name: 'Add a query' }).click();
    await field(page).nth(1).click();
    await page.keyboard.type('beta');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/g1\.expr=beta/);
    await panels.nth(1).getByRole('button', { name: 'Duplicate this query' }).click();
    expect(await panels.count()).toBe(3);
    await panels.nth(0).getByRole('button', { name: 'Hide the result of query 1' }).click();
    expect(await panels.nth(0).getByRole('grid').count()).toBe(0);
    await page.reload();
    await panels.nth(2).getByRole('grid').waitFor();
    expect(await panels.nth(0).getByRole('grid').count()).toBe(0);
    await panels.nth(0).getByRole('button', { name: 'Remove this query' }).click();
    expect(await panels.count()).toBe(2);
    expect((await field(page).allInnerTexts()).map((text) => text.trim())).toEqual(['beta', 'beta']);
    expect([parameters(page).get('g0.expr'), parameters(page).get('g2.expr')]).toEqual(['beta', null]);
    await page.context().close();
  });

  it('formats, and remembers what was run', async () => {
    stage.server.special = { format_query: () => 'sum(\n  alpha\n)' };
    const page = await open(stage, '/query');
    await run(page, 'sum(alpha');
    await page.getByRole('button', { name: 'Format' }).click();
    await expect.poll(() => field(page).innerText()).toContain('sum(\n  alpha\n)');
    await page.getByRole('button', { name: 'History' }).click();
    const dialog = page.getByRole('dialog', { name: 'Queries run before' });
    await dialog.getByRole('button', { name: 'sum(alpha)' }).click();
    await expect.poll(() => field(page).innerText()).toBe('sum(alpha)');
    await page.context().close();
  });

  it('shows times in the chosen zone, and takes them in it', async () => {
    const page = await open(stage, GRAPH, { timezoneId: 'Asia/Kolkata' });
    const end = page.getByRole('textbox', { name: /^End/ });
    await expect.poll(() => end.inputValue()).toBe('2026-11-26 17:30:00');
    await choose(page, 'UTC');
    await expect.poll(() => end.inputValue()).toBe('2026-11-26 12:00:00');
    await page.getByRole('img', { name: /to 2026-11-26 12:00:00 UTC/ }).waitFor();
    await end.fill('2026-11-25 06:00');
    await page.keyboard.press('Enter');
    await page.waitForURL(/end_input=2026-11-25\+06%3A00%3A00/);
    await end.fill('soon');
    expect(await end.getAttribute('aria-invalid')).toBe('true');
    await page.context().close();
  });

  it('takes the links of years ago', async () => {
    const page = await open(stage, '/graph?g0.expr=up%20%3D%3D%200&g0.tab=1');
    await page.getByText('3 series · 3 points').waitFor();
    expect(new URL(page.url()).pathname).toBe('/query');
    await expect.poll(() => field(page).innerText()).toBe('up == 0');
    await page.context().close();
  });

  it('copies series and labels', async () => {
    const page = await open(stage, '/query?g0.expr=alpha', { permissions: ['clipboard-read', 'clipboard-write'] });
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'instance="beta"' }).first().click();
    await page.getByText('Copied instance="beta"').waitFor();
    expect(await copied()).toBe('instance="beta"');
    await rows(page).nth(1).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(copied).toMatch(/^beta\{.*instance="beta"/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(copied).toBe('job="beta"');
    await page.context().close();
  });
});
