import { afterEach, beforeEach, expect, it } from 'vitest';
import { HOSTILE } from '../fixtures/hostile';
import { Refusal } from './answers';
import { pauseOfAll } from './healing-story';
import { axe, inBrowser, overflowOf } from './stage';
import { story } from './story';

inBrowser('healing', (stage) => {
  beforeEach(() => {
    stage.server.special = story;
    stage.server.changes = [];
  });
  afterEach(() => {
    stage.server.special = {};
    stage.server.names = ['alpha', 'beta', 'gamma'];
  });

  const withPause = () => {
    const healing = story['regain/healing']?.(new URLSearchParams(), []) as object;
    stage.server.special = { ...story, 'regain/healing': () => ({ ...healing, pauses: [pauseOfAll()] }) };
  };

  it('shows runs under way stage by stage, with a link to the build and the end of the log', async () => {
    const page = await stage.open('/healing');
    const run = page.getByRole('article', { name: 'restart-app, verifying' });
    const stages = run.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    await stages.first().waitFor();
    const words = await stages.evaluateAll((items) =>
      items.map((item) => item.querySelector('.stage-word')?.textContent),
    );
    expect(words).toEqual(['scheduled', 'triggering', 'queued', 'running', 'verifying', 'outcome (not yet)']);
    expect(await stages.nth(2).innerText()).toMatch(/\d\d:\d\d:\d\d · 8 s\s+waiting for the next available executor/);
    expect(await run.locator('[aria-current="step"]').innerText()).toContain('verifying');
    expect(await run.getByRole('link', { name: 'Build of restart-app' }).getAttribute('href')).toBe(
      'http://jenkins.example:8080/job/production/job/clean_data_worker/142/',
    );
    await run.getByRole('button', { name: 'restart-app', exact: true }).press('Enter');
    await run.getByText('Finished: SUCCESS').waitFor();
    await page
      .getByRole('article', { name: 'clean-disk, escalated' })
      .getByText('The disk is as full as before')
      .waitFor();
    await page.getByText('not started: cooldown').waitFor();
    await page.getByText('cooldown until 12:04: healed 4m ago').waitFor();
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });

  it('says what keeps it from acting though nobody paused it', async () => {
    const healing = story['regain/healing']?.(new URLSearchParams(), []) as { remediations: object[] };
    const remediations = healing.remediations.map((one) => ({ ...one, breaker_open: true }));
    const damage = ['unreadable bytes in healing/00000001.journal at byte 7'];
    const state = { ...healing, remediations, storm: true, waiting: 12, damage };
    stage.server.special = { ...story, 'regain/healing': () => state };
    const page = await stage.open('/healing?view=remediations');
    const obstacles = page.getByRole('list', { name: 'What keeps healing from acting' });
    for (const text of ['now 12 targets', 'at byte 7', 'restart-app does nothing for now', 'clean-disk does nothing'])
      await obstacles.getByText(text).waitFor();
    expect(await page.getByText('breaker open', { exact: true }).count()).toBe(2);
    expect(await axe(page)).toEqual([]);
    expect(stage.complaints).toEqual([]);
  });

  it('finds runs, and a link to one opens it', async () => {
    const page = await stage.open('/healing?search=rx-9be2d703');
    await page.getByText('not healthy within 5m').waitFor();
    expect(await page.locator('.run').count()).toBe(1);
    await page.getByLabel('Filter runs').fill('restart app.service');
    await page.getByRole('article', { name: 'restart-app, succeeded' }).waitFor();
  });

  it('cancels a run after a question', async () => {
    const page = await stage.open('/healing');
    await page.getByRole('button', { name: 'Cancel restart-app' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this run?' });
    await dialog.getByRole('button', { name: 'Cancel the run' }).click();
    await dialog.getByText('Say who you are.').waitFor();
    expect(stage.server.changes).toEqual([]);
    await dialog.getByLabel('Who').fill('Grace');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes).toEqual([
      { method: 'POST', endpoint: 'regain/healing/runs/rx-1f6a90c2/cancel', body: { by: 'Grace' } },
    ]);
  });

  it('is paused by who says why and for how long', async () => {
    const page = await stage.open('/healing');
    await page.getByRole('button', { name: 'Pause healing…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause healing' });
    await dialog.getByRole('button', { name: 'Pause all healing' }).click();
    await dialog.getByText('Say why, for those who wonder later.').waitFor();
    expect(await axe(page)).toEqual([]);
    await dialog.getByText('1 run under way goes on unless cancelled.').waitFor();
    await dialog.getByLabel('Who').fill('Grace');
    await dialog.getByLabel('Why').fill('the network is being rebuilt');
    await dialog.getByRole('button', { name: '4h' }).click();
    await dialog.getByRole('button', { name: 'Pause all healing' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes[0]?.body).toEqual({
      scope: 'all',
      name: '',
      by: 'Grace',
      reason: 'the network is being rebuilt',
      for: '4h',
    });

    await page.getByRole('button', { name: 'Pause healing…' }).click();
    await dialog.getByRole('radio', { name: 'A target' }).check();
    await dialog.getByRole('combobox', { name: 'Target' }).fill('{instance="app-1.example:9100", name="app.service"}');
    await dialog.getByLabel('Why').fill('by hand');
    await dialog.getByRole('button', { name: 'until resumed' }).click();
    await dialog.getByRole('button', { name: 'Pause the target' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes[1]?.body).toEqual({
      scope: 'target',
      name: '{instance="app-1.example:9100", name="app.service"}',
      by: 'Grace',
      reason: 'by hand',
      for: null,
    });
  });

  it('says on every view that it is paused, and is resumed after a question', async () => {
    withPause();
    const page = await stage.open('/healing?view=audit');
    for (const view of ['Runs', 'Remediations', 'Decisions']) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.getByText(/All healing is paused\s+by Ada .* ends in .*: The network is being rebuilt/).waitFor();
    }
    await page.getByRole('button', { name: 'Resume all healing' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resume healing?' });
    await dialog.getByLabel('Who').fill('Grace');
    await dialog.getByRole('button', { name: 'Resume', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes).toEqual([
      { method: 'POST', endpoint: 'regain/healing/resume', body: { scope: 'all', name: '', by: 'Grace' } },
    ]);
  });

  it('shows what the server has against a change', async () => {
    stage.server.special = {
      ...story,
      'POST regain/healing/pause': () =>
        new Refusal(400, { status: 'error', errorType: 'bad_data', error: 'for: not a duration: "4x"' }),
    };
    const page = await stage.open('/healing?view=remediations');
    await page.getByRole('button', { name: 'Pause… restart-app' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause healing' });
    expect(await dialog.getByLabel('Remediation', { exact: true }).inputValue()).toBe('restart-app');
    await dialog.getByLabel('Who').fill('Grace');
    await dialog.getByLabel('Why').fill('x');
    await dialog.getByRole('button', { name: 'Pause the remediation' }).click();
    await dialog.getByText('for: not a duration: "4x"').waitFor();
  });

  it('tells of remediations with their limits', async () => {
    const page = await stage.open('/healing?view=remediations');
    const card = page.getByRole('region', { name: 'restart-app' });
    for (const text of [
      'auto: acts',
      'selfhealing="true"',
      '1 of 3 runs per 1h used by the busiest target',
      '14 succeeded',
      '2 failed',
      '(jenkins, at most 10m)',
    ]) {
      await card.getByText(text).waitFor();
    }
    await card.getByRole('link', { name: 'Decisions about restart-app' }).click();
    await page.waitForURL(/view=audit&remediation=restart-app/);
    expect(await page.getByRole('combobox', { name: 'Remediation' }).inputValue()).toBe('restart-app');
  });

  it('tells of every decision, a page at a time', async () => {
    const asked: URLSearchParams[] = [];
    stage.server.special = {
      ...story,
      'regain/healing/audit': (fields, names) => {
        asked.push(fields);
        return story['regain/healing/audit']?.(fields, names);
      },
    };
    const page = await stage.open('/healing?view=audit');
    await page.getByText('no. 25 to 31').waitFor();
    await page.getByRole('combobox', { name: 'Decision' }).selectOption('not_started');
    await page.getByText('no. 27 to 28').waitFor();
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'Newest' }).waitFor();
    expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({ limit: '100', before: '25', decision: 'not_started' });
    expect(await page.getByRole('link', { name: 'Older' }).count()).toBe(0);
  });

  it('explains itself where it is not configured', async () => {
    stage.server.special = {
      'regain/healing': () =>
        new Refusal(404, { status: 'error', errorType: 'not_found', error: 'name remediations in regain.yml' }),
    };
    const page = await stage.open('/healing');
    await page.getByText('Nothing is healed on this server').waitFor();
    await page.getByText('name remediations in regain.yml').waitFor();
    await page.getByText('match: [\'selfhealing="true"\']').waitFor();
    expect(await axe(page)).toEqual([]);
  });

  it('shows hostile names as texts when everything is opened, on a phone', async () => {
    stage.server.special = {};
    stage.server.names = HOSTILE;
    const page = await stage.open('/healing', { viewport: { width: 360, height: 740 } });
    await page.getByRole('heading', { name: 'Under way' }).scrollIntoViewIfNeeded();
    await page.mouse.wheel(0, 300);
    await page.locator('.run .fold').first().press('Enter');
    await page.locator('.run .log').first().waitFor();
    await page.getByRole('button', { name: 'Pause healing…' }).click();
    await page.getByRole('radio', { name: 'A remediation' }).check();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await page.locator('main img, main script, main iframe, [onerror], [onload]').count()).toBe(0);
    expect(await page.locator('a[href^="javascript" i]').count()).toBe(0);
    expect(stage.complaints).toEqual([]);
  });
});
