import { afterEach, beforeEach, expect, it } from 'vitest';
import { Refusal } from './answers';
import { limits, MIB, running } from './running';
import { axe, inBrowser, overflowOf } from './stage';

const HEAVY = 'sum by (job) (rate(http_requests_total{handler!="/metrics"}[5m]))';
const LIGHT = 'count({__name__=~".+"})';

const rule = { file: '/etc/regain/rules/hosts.yml', group: 'hosts', name: 'DiskFillsSoon' };

inBrowser('running queries', (stage) => {
  /** What is there to be seen: the tests end some. */
  let queries: ReturnType<typeof running>[] = [];
  beforeEach(() => {
    queries = [
      running('16', HEAVY, { client: '10.0.0.7', elapsed: 12.4, bytesHeld: 420 * MIB, bytesPeak: 512 * MIB }),
      running('17', 'predict_linear(node_filesystem_avail_bytes[6h], 86400) < 0', { rule, bytesHeld: 36 * MIB }),
      running('18', 'up{instance="app-1.example:9100"}', { bytesHeld: 4096, bytesPeak: 4096 }),
      running('19', LIGHT, { client: '10.0.0.9', kind: 'instant', state: 'queued', step: 0, bytesHeld: 0 }),
    ];
    stage.server.changes = [];
    stage.server.special = { 'regain/queries': () => ({ queries, unfinished: [], ...limits(456 * MIB) }) };
  });
  afterEach(() => {
    stage.server.special = {};
  });

  it('are listed, the heaviest first, with who asked and what they hold', async () => {
    const page = await stage.open('/queries');
    const items = page.getByRole('list', { name: 'Waiting and running' }).getByRole('article');
    await items.nth(3).waitFor();
    await page.getByText('2 running, 2 queued').waitFor();
    expect(await items.first().innerText()).toMatch(
      /running\s+sum by \(job\).*\s+12\.4 s\s+420 MiB · peak 512 MiB\s+End…[^]*\s+range for 10\.0\.0\.7 · 1h in steps of 15s, until .* · 51,200 samples held, 102,400 at most/,
    );
    await page.getByText('456 MiB of 5.96 GiB are held').waitFor();
    expect(await items.nth(2).innerText()).toContain('healing · at ');
    expect(await items.nth(3).innerText()).toMatch(/^queued[^]*instant for 10\.0\.0\.9 · at /);
    await items.nth(1).getByRole('link', { name: 'DiskFillsSoon' }).click();
    await page.waitForURL(/\/rules\?search=DiskFillsSoon/);
  });

  it('come and go by themselves', async () => {
    const page = await stage.open('/status');
    await page.getByRole('link', { name: 'Queries', exact: true }).click();
    await page.getByRole('article', { name: LIGHT }).waitFor();
    queries = [];
    await page.getByText('No query waits or runs.').waitFor();
    expect(await page.getByRole('article').count()).toBe(0);
    expect(await axe(page)).toEqual([]);
    queries = [running('20', 'late')];
    await page.getByRole('article', { name: 'late, running' }).waitFor();
  });

  it('are ended after a question', async () => {
    stage.server.special['DELETE regain/queries/*'] = (fields) => {
      queries = queries.filter(({ id }) => id !== fields.get('id'));
      return { id: fields.get('id'), query: HEAVY };
    };
    const page = await stage.open('/queries');
    await page.getByRole('button', { name: `End… ${HEAVY}` }).click();
    const dialog = page.getByRole('dialog', { name: 'End this query?' });
    await dialog.getByText('Whoever asked gets an error').waitFor();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Let it go on' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes).toEqual([]);
    await page.getByRole('button', { name: `End… ${HEAVY}` }).click();
    await dialog.getByRole('button', { name: 'End the query' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.server.changes).toEqual([{ method: 'DELETE', endpoint: 'regain/queries/16', body: undefined }]);
    await page.getByRole('article', { name: HEAVY }).waitFor({ state: 'detached' });
    expect(stage.complaints).toEqual([]);
  });

  it('that cannot be ended say why, and those that are over say that', async () => {
    const error = 'a page of another site may not change anything here';
    stage.server.special['DELETE regain/queries/*'] = () =>
      new Refusal(403, { status: 'error', errorType: 'forbidden', error });
    const page = await stage.open('/queries');
    await page.getByRole('button', { name: `End… ${LIGHT}` }).click();
    const dialog = page.getByRole('dialog', { name: 'End this query?' });
    await dialog.getByRole('button', { name: 'End the query' }).click();
    await dialog.getByText(error).waitFor();
    queries = queries.filter(({ query }) => query !== LIGHT);
    await dialog.getByText('It is over meanwhile.').waitFor();
    expect(await dialog.getByRole('button', { name: 'End the query' }).count()).toBe(0);
  });

  it('that were not finished before the restart are told of, on a phone as well', async () => {
    const unfinished = [{ query: HEAVY, since: Math.floor(Date.now() / 1000) - 3600 }];
    stage.server.special['regain/queries'] = () => ({ queries, unfinished, ...limits(456 * MIB) });
    const page = await stage.open('/queries', { viewport: { width: 360, height: 740 } });
    const card = page.getByRole('region', { name: 'Not finished before the restart' });
    await card.getByText(HEAVY).waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await axe(page)).toEqual([]);
  });
});
