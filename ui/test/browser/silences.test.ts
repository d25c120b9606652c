import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HOSTILE } from '../fixtures/hostile';
import { Refusal } from './answers';
import { axe, inBrowser, overflowOf } from './stage';
import { EXPIRED_ID, SILENCE_ID, story } from './story';

const valueOf = (page: Page, label: string) => page.getByLabel(label, { exact: true }).inputValue();

inBrowser('silences', (stage) => {
  beforeEach(() => {
    stage.server.special = story;
    stage.server.changes = [];
  });
  afterEach(() => {
    stage.server.special = {};
    stage.server.names = ['alpha', 'beta', 'gamma'];
  });

  it('are listed by state, with who, why, until when, and how much they keep quiet', async () => {
    const page = await stage.open('/silences');
    const orders = page.getByRole('article', { name: 'Orders are replayed after the outage, TICKET-1423' });
    for (const text of ['queue="orders"', 'ends in 3h', 'Ada · 1 alert silenced'])
      await orders.getByText(text).waitFor();
    await page.getByText('Ada · matches no alert now').waitFor();
    await page.getByRole('link', { name: 'Pending 1' }).click();
    await page.getByText(/^starts in/).waitFor();
    await page.getByRole('link', { name: 'Expired 1' }).click();
    await page.getByText(/^ended .* ago/).waitFor();
    expect(new URL(page.url()).search).toBe('?state=expired');
  });

  it('are found by matcher and by words', async () => {
    const page = await stage.open('/silences?filter=%7Balertname%3D%22QueueGrows%22%7D');
    await page.getByText('1 silence', { exact: true }).waitFor();
    await page.getByLabel('Filter silences').fill('racks ada');
    await page.getByRole('link', { name: 'New racks are cabled', exact: true }).waitFor();
    await page.getByText('1 silence', { exact: true }).waitFor();
    expect(page.url()).toContain('filter=racks+ada');
  });

  it('are created after what is missing is said, with a look at what they will do', async () => {
    const page = await stage.open('/silences/new?filter=%7Balertname%3D%22DiskFillsSoon%22%7D');
    const preview = page.getByRole('region', { name: 'Alerts that it would silence now' });
    await preview.getByText('1 alert', { exact: true }).waitFor();
    await preview.getByText('DiskFillsSoon').first().waitFor();
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.getByText('Say who you are.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe(
      await page.getByRole('textbox', { name: 'Who' }).getAttribute('id'),
    );
    expect(await axe(page)).toEqual([]);

    await page.getByRole('textbox', { name: 'Who' }).fill('Grace');
    await page.getByRole('textbox', { name: 'Why' }).fill('a new disk is on its way');
    await page.getByRole('button', { name: '4h' }).press('Enter');
    await page.getByRole('button', { name: 'Add a matcher' }).click();
    await page.getByLabel('Label 2').fill('instance');
    await page.getByLabel('Comparison 2').selectOption('=~');
    await page.getByLabel('Value 2').fill('db-.*');
    const before = Date.now();
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.waitForURL(/\/silences\/silence-0$/);
    const [{ method, endpoint, body } = { method: '', endpoint: '', body: {} }] = stage.server.changes;
    expect([method, endpoint]).toEqual(['POST', 'v2/silences']);
    const { startsAt, endsAt, ...said } = body as Record<'startsAt' | 'endsAt', string>;
    expect(said).toEqual({
      matchers: [
        { name: 'alertname', value: 'DiskFillsSoon', isRegex: false, isEqual: true },
        { name: 'instance', value: 'db-.*', isRegex: true, isEqual: true },
      ],
      createdBy: 'Grace',
      comment: 'a new disk is on its way',
      annotations: {},
    });
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(4 * 3_600_000);
    expect(Math.abs(Date.parse(startsAt) - before)).toBeLessThan(5000);

    // Whoever comes back is remembered.
    await page.goto(`${stage.server.url}/silences/new`);
    expect(await valueOf(page, 'Who')).toBe('Grace');
  });

  it('take a whole selector that is pasted, and exact times', async () => {
    const page = await stage.open('/silences/new?comment=x');
    await page.getByRole('radio', { name: 'UTC' }).check();
    await page.getByLabel('Label 1').evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', '{job="api", zone!~"eu.*"}');
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    expect([
      await valueOf(page, 'Label 2'),
      await valueOf(page, 'Comparison 2'),
      await valueOf(page, 'Value 2'),
    ]).toEqual(['zone', '!~', 'eu.*']);
    await page.getByRole('radio', { name: 'At a time', exact: true }).check();
    await page.getByLabel('Starts at, UTC').fill('2036-11-27T10:00:00');
    await page.getByRole('radio', { name: 'Until a time' }).check();
    await page.getByLabel('Ends at, UTC').fill('2036-11-27T09:00:00');
    await page.getByRole('textbox', { name: 'Who' }).fill('Grace');
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.getByText('It would end before it starts.').waitFor();
    await page.getByLabel('Ends at, UTC').fill('2036-11-27T12:30:00');
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.waitForURL(/\/silences\/silence-0$/);
    expect(stage.server.changes[0]?.body).toMatchObject({
      startsAt: '2036-11-27T10:00:00.000Z',
      endsAt: '2036-11-27T12:30:00.000Z',
    });
  });

  it('that would silence everything are warned of, and what the server says is shown', async () => {
    stage.server.special = {
      ...story,
      'v2/alerts': (_, names) => story['v2/alerts']?.(new URLSearchParams(), names),
      'POST v2/silences': () => new Refusal(400, "Failed to create silence: end time can't be in the past"),
    };
    const page = await stage.open('/silences/new?filter=%7Bjob%3D~%22.%2B%22%7D&comment=x');
    await page.getByText('These matchers let everything through').waitFor();
    await page.getByLabel('Value 1').fill('node');
    await page.getByText('This silences all 3 alerts that there are.').waitFor();
    await page.getByRole('textbox', { name: 'Who' }).fill('Grace');
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.getByText("Failed to create silence: end time can't be in the past").waitFor();
    expect(await valueOf(page, 'Who')).toBe('Grace');
  });

  it('say it when a matcher cannot be read by the server', async () => {
    stage.server.special = {
      ...story,
      'v2/alerts': (fields, names) =>
        fields.has('filter')
          ? new Refusal(400, 'bad matcher format: error parsing regexp: missing closing ): `(`')
          : story['v2/alerts']?.(fields, names),
    };
    const page = await stage.open('/silences/new?filter=%7Bjob%3D~%22(%22%7D');
    await page.getByText('missing closing )').waitFor();
  });

  it('are looked at, edited, expired and created again', async () => {
    const page = await stage.open(`/silences/${SILENCE_ID}`);
    await page.getByRole('definition').getByText('Orders are replayed after the outage, TICKET-1423').waitFor();
    await page
      .getByRole('region', { name: 'Alerts that it matches now' })
      .getByText('1 alert', { exact: true })
      .waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('heading', { name: 'Edit the silence' }).waitFor();
    await page.getByRole('textbox', { name: 'Why' }).fill('Orders are still replayed');
    await page.getByRole('button', { name: 'Save the silence' }).click();
    await page.waitForURL(/\/silences\/silence-0$/);
    expect(stage.server.changes[0]?.body).toMatchObject({
      id: SILENCE_ID,
      comment: 'Orders are still replayed',
      createdBy: 'Ada',
    });

    await page.goto(`${stage.server.url}/silences`);
    await page.getByRole('button', { name: /^Expire Orders/ }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Expire this silence?' });
    await dialog.getByText('People will be told of 1 alert again.').waitFor();
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect(stage.server.changes.length).toBe(1);
    await page.getByRole('button', { name: /^Expire Orders/ }).click();
    await dialog.getByRole('button', { name: 'Expire now' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes[1]).toEqual({
      method: 'DELETE',
      endpoint: `v2/silence/${SILENCE_ID}`,
      body: undefined,
    });

    await page.goto(`${stage.server.url}/silences?state=expired`);
    await page.getByRole('link', { name: /^Create again/ }).click();
    await page.getByRole('heading', { name: 'New silence' }).waitFor();
    expect(new URL(page.url()).searchParams.get('from')).toBe(EXPIRED_ID);
    expect(await valueOf(page, 'Value 2')).toBe('db-1.example:9100');
    expect(stage.complaints).toEqual([]);
  });

  it('that are gone are said to be gone', async () => {
    stage.server.special = { ...story, 'v2/silence/*': () => new Refusal(404, '') };
    const page = await stage.open(`/silences/${SILENCE_ID}`);
    await page.getByText('There is no such silence').waitFor();
  });

  it('stay usable with hostile names in a form on a phone', async () => {
    stage.server.special = {};
    stage.server.names = HOSTILE;
    const page = await stage.open('/silences/new?filter=%7Ba%3D%22b%22%7D', { viewport: { width: 360, height: 740 } });
    const preview = page.getByRole('region', { name: 'Alerts that it would silence now' });
    await preview.locator('.alert .fold').first().press('Enter');
    await preview.locator('.alert-details').waitFor();
    await page.getByRole('button', { name: 'Create the silence' }).click();
    await page.getByText('Say who you are.').waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });
});
