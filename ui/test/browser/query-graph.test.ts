import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { answers } from './answers';
import { choose, GRAPH, open, parameters, plotArea, restore, rows } from './query-page';
import { axe, inBrowser } from './stage';

inBrowser('graphs of the query page', (stage) => {
  afterEach(() => restore(stage));

  it('zooms by dragging, and back', async () => {
    const page = await open(stage, GRAPH, { timezoneId: 'UTC' });
    await page.getByRole('img', { name: /alpha/ }).waitFor();
    const { x1, x2, y } = await plotArea(page);
    await page.mouse.move(x1, y);
    await page.mouse.down();
    await page.mouse.move(x2, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/g0\.range_input=(29m|30m)/);
    expect(parameters(page).get('g0.end_input')).toMatch(/^2026-11-26 11:4[45]/);
    await page.getByRole('img', { name: /from 2026-11-26 11:1[45]/ }).waitFor();
    await page.goBack();
    await page.getByRole('img', { name: /from 2026-11-26 11:00:00/ }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Range' }).inputValue()).toBe('1h');
    await page.context().close();
  });

  it('ends where the calendar says, in the zone that is chosen', async () => {
    const page = await open(stage, GRAPH, { timezoneId: 'Europe/Berlin' });
    const calendar = page.locator('input[type=datetime-local]');
    const pick = async (text: string) => {
      // What the calendar itself shows is the browser's; here it only has to open, and then say what was chosen.
      await page.evaluate(() => {
        HTMLInputElement.prototype.showPicker = function note() {
          this.dataset.opened = this.value;
        };
      });
      await page.getByRole('button', { name: 'End: choose from a calendar' }).press('Enter');
      const opened = await calendar.getAttribute('data-opened');
      await calendar.evaluate((input: HTMLInputElement, chosen) => {
        input.value = chosen;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      }, text);
      return opened;
    };
    expect(await pick('2026-11-26T09:30:00')).toBe('2026-11-26T13:00');
    await page.waitForURL(/end_input=2026-11-26\+08%3A30%3A00/);
    await choose(page, 'UTC');
    expect(await pick('2026-11-25T00:00:05')).toBe('2026-11-26T08:30');
    await page.waitForURL(/end_input=2026-11-25\+00%3A00%3A05/);
    await page.context().close();
  });

  it('writes values with the unit that targets declare', async () => {
    const asked: string[] = [];
    stage.server.special = {
      metadata: (fields) => {
        asked.push(fields.get('metric') ?? 'all');
        return { alpha: [{ type: 'gauge', help: '', unit: 'bytes' }] };
      },
    };
    const page = await open(stage, GRAPH);
    await rows(page).filter({ hasText: / B/ }).first().waitFor();
    expect(asked).toContain('alpha');
    await page.context().close();
  });

  it('hides series, shows one alone and finds them, by mouse and keyboard', async () => {
    stage.server.names = Array.from({ length: 20 }, (_, index) => `name_${index}`);
    const page = await open(stage, GRAPH);
    const selected = () => page.locator('[role=row][aria-selected=true]').count();
    const second = rows(page).filter({ hasText: 'name_1"' });
    await second.click();
    await page.getByText('19 of 20 series shown').waitFor();
    expect(await second.getAttribute('aria-selected')).toBe('false');
    await second.click();
    await second.click({ modifiers: ['Control'] });
    await page.getByText('1 of 20 series shown').waitFor();
    expect(await selected()).toBe(1);
    await second.click({ modifiers: ['Shift'] });
    await page.getByText('20 series', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a series' }).fill('name_17');
    expect(await rows(page).count()).toBe(2);
    await page.getByRole('button', { name: 'Show only these 1' }).click();
    await page.getByText('1 of 20 series shown').waitFor();
    await page.getByRole('searchbox').fill('');
    await second.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('2 of 20 series shown').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('1 of 20 series shown').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('name_2"');
    await page.context().close();
  });

  it('reads values off at the pointer, of the nearest series and of all', async () => {
    const page = await open(stage, GRAPH);
    await page.getByRole('img', { name: /alpha/ }).waitFor();
    const { x1, y } = await plotArea(page);
    await page.mouse.move(x1, y);
    const readout = page.locator('.readout');
    await readout.getByText('instance').waitFor();
    expect(await readout.locator('.readout-row').count()).toBe(1);
    await choose(page, 'All');
    await page.mouse.move(x1 + 5, y);
    await expect.poll(() => readout.locator('.readout-row').count()).toBe(3);
    await page.context().close();
  });

  it('marks exemplars, shows one at the pointer and lists them', async () => {
    stage.server.names = ['alpha'];
    const asked: URLSearchParams[] = [];
    const usual = answers.query_exemplars;
    stage.server.special = {
      query_exemplars: (fields, names) => {
        asked.push(fields);
        return usual?.(fields, names);
      },
    };
    const page = await open(stage, GRAPH, { timezoneId: 'UTC' });
    await page.getByRole('img', { name: /alpha/ }).waitFor();
    expect(asked).toEqual([]);
    const button = page.getByRole('button', { name: 'Exemplars' });
    await button.click();
    const table = page.getByRole('region', { name: 'Exemplars of alpha' });
    await table.getByText('2026-11-26 11:12:00').waitFor();
    expect(await table.locator('tbody tr').count()).toBe(4);
    expect(parameters(page).get('g0.show_exemplars')).toBe('1');
    expect(
      asked.map((fields) => [fields.get('query'), Number(fields.get('end')) - Number(fields.get('start'))]),
    ).toEqual([['alpha', 3600]]);
    // The last one lies beyond the scale, so its mark is at the upper edge.
    const box = await page.locator('.u-over').boundingBox();
    if (box === null) throw new Error('there is no plot');
    await page.mouse.move(box.x + box.width * 0.8, box.y + 2);
    const readout = page.locator('.readout');
    await readout.getByText('alpha-3').waitFor();
    await readout.getByText('Exemplar').waitFor();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 2);
    await readout.getByText('Exemplar').waitFor({ state: 'detached' });
    expect(await axe(page)).toEqual([]);
    await button.click();
    await table.waitFor({ state: 'detached' });
    expect(parameters(page).get('g0.show_exemplars')).toBeNull();
    await page.context().close();
  });

  it('says where exemplars come from when there are none', async () => {
    stage.server.special = { query_exemplars: () => [] };
    const page = await open(stage, `${GRAPH}&g0.show_exemplars=1`);
    await page.getByText(/No exemplars of these series in this time.*--enable-feature=exemplar-storage/).waitFor();
    await page.context().close();
  });

  it('is a slider for the keyboard', async () => {
    const page = await open(stage, GRAPH, { timezoneId: 'UTC' });
    const slider = page.getByRole('slider', { name: 'Moment in alpha' });
    await slider.focus();
    const said = () => slider.getAttribute('aria-valuetext');
    expect(await said()).toBe('none');
    await page.keyboard.press('ArrowLeft');
    const last = (await said()) ?? '';
    expect(last).toMatch(/^2026-11-26 1\d:\d\d:\d\d: .*(alpha|beta|gamma)/);
    await page.keyboard.press('ArrowLeft');
    expect(await said()).not.toBe(last);
    const before = /(alpha|beta|gamma)\{/.exec((await said()) ?? '')?.[1];
    await page.keyboard.press(before === 'alpha' ? 'ArrowUp' : 'ArrowDown');
    expect(/(alpha|beta|gamma)\{/.exec((await said()) ?? '')?.[1]).not.toBe(before);
    await page.keyboard.press('+');
    await page.waitForURL(/range_input=30m/);
    await page.getByRole('img', { name: /from 2026-11-26 11:[23]/ }).waitFor();
    await page.keyboard.press('-');
    await expect.poll(() => parameters(page).get('g0.range_input')).toBeNull();
    await page.keyboard.press('Escape');
    expect(await said()).toBe('none');
    await page.context().close();
  });

  it('shows the graph as numbers, too', async () => {
    const page = await open(stage, GRAPH, { timezoneId: 'UTC' });
    await choose(page, 'Numbers');
    const table = page.getByRole('region', { name: 'alpha as a table' });
    await table.getByText('2026-11-26 11:59:58').waitFor();
    expect(await table.locator('thead th').count()).toBe(4);
    expect(await axe(page)).toEqual([]);
    await page.context().close();
  });

  it('saves tables and graphs as CSV and graphs as PNG', async () => {
    const page = await open(stage, GRAPH);
    await page.getByRole('img', { name: /alpha/ }).waitFor();
    const save = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
    };
    const graph = await save('CSV');
    expect(graph.name).toBe('alpha.csv');
    const lines = graph.content.toString().split('\r\n');
    expect(lines[0]).toMatch(/^time,"alpha\{/);
    expect(lines[1]).toMatch(/^2026-11-26T11:00:00.000Z,[\d.-]+,[\d.-]+,[\d.-]+$/);
    const picture = await save('PNG');
    expect(picture.name).toBe('alpha.png');
    expect(picture.content.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.content.readUInt32BE(16)).toBeGreaterThan(600);
    await choose(page, 'Table');
    await page.getByRole('gridcell', { name: /^alpha \{/ }).waitFor();
    expect((await save('CSV')).content.toString().split('\r\n')[0]).toBe(
      '__name__,instance,job,machine,mode,mountpoint,name,nodename,release,sysname,time,value',
    );
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });

  it('shows ten thousand series without freezing, and says what is not drawn', async () => {
    stage.server.names = Array.from({ length: 10_000 }, (_, index) => `name_${index}`);
    const page = await open(stage, `${GRAPH}&g0.res_type=fixed&g0.res_step=60`);
    await page.getByText('The first 1,000 of 10,000 series are drawn').waitFor();
    expect(await rows(page).count()).toBeLessThan(40);
    await page.getByRole('button', { name: 'Draw all' }).click();
    // The page answers while it draws: a frame comes within a moment.
    const frame = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const asked = performance.now();
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - asked)));
        }),
    );
    expect(frame).toBeLessThan(2000);
    await page
      .getByRole('grid')
      .locator('.grid-view')
      .evaluate((view) => {
        view.scrollTop = view.scrollHeight;
      });
    await rows(page).filter({ hasText: 'name_9999"' }).waitFor();
    await rows(page)
      .filter({ hasText: 'name_9999"' })
      .click({ modifiers: ['Control'] });
    await page.getByText('1 of 10,000 series shown').waitFor();
    expect(stage.complaints).toEqual([]);
    await page.context().close();
  });
});
