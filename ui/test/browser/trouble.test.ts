import { afterEach, expect, it } from 'vitest';
import { inBrowser, PAGES } from './stage';

inBrowser('a server in trouble', (stage) => {
  afterEach(() => {
    stage.server.mood = 'well';
    stage.server.special = {};
  });

  const MOODS = [
    ['error 500', 'The server failed with 500: the disk is on fire.'],
    ['half an answer', 'it is no complete JSON'],
    ['not JSON', 'it is no complete JSON'],
    ['other shape', 'is not'],
    ['endless', 'larger than 96 MB'],
  ] as const;

  it.each(MOODS)('%s is told in words, with what to do, and the page lives', async (mood, words) => {
    stage.server.mood = mood;
    const page = await stage.open('/status');
    const trouble = page.locator('.trouble').first();
    await trouble.waitFor();
    expect(await trouble.innerText()).toContain(words);
    expect((await trouble.locator('p').allInnerTexts()).length).toBe(2);
    stage.server.mood = 'well';
    await page.getByText('Working directory').waitFor();
  });

  it.each(PAGES)('%s keeps what it shows while the server restarts, and goes on', async (path) => {
    const page = await stage.open(path);
    await page.waitForSelector('main .card');
    await page.waitForLoadState('networkidle');
    const { port } = stage.server;
    await stage.server.stop();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('The server does not answer.').waitFor();
    expect(await page.locator('main .card').count()).toBeGreaterThan(0);
    expect(await page.locator('main .trouble').count()).toBe(0);
    await stage.server.listen(port);
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  });

  it('a start says how far it is', async () => {
    stage.server.special = { 'status/runtimeinfo': () => ({}) };
    const page = await stage.open('/status');
    await page.waitForSelector('main .card');
    await page.route('**/api/v1/status/runtimeinfo', (route) =>
      route.fulfill({ status: 503, body: 'Service Unavailable' }),
    );
    await page.route('**/-/ready', (route) => route.fulfill({ status: 503, body: 'Service Unavailable' }));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('it has read 40 % of its write-ahead log').waitFor();
  });

  it('a browser whose clock is wrong is told', async () => {
    const runtime = (await import('./answers')).answers['status/runtimeinfo'];
    const late = () => ({
      ...(runtime?.(new URLSearchParams(), ['alpha']) as object),
      serverTime: new Date(Date.now() + 4000).toISOString(),
    });
    stage.server.special = { 'status/runtimeinfo': late, query: () => ({ resultType: 'vector', result: [] }) };
    const page = await stage.open('/');
    await page.getByText(/The clock of this browser's computer is (4|3\.\d+) s behind this server's/).waitFor();
  });
});
