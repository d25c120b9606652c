/** What every browser test needs: a server, a browser, and pages whose complaints are collected. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { findChromium, launch } from './chromium';
import { PlayedServer } from './server';

/** Every page that there is, as its address below the base. */
export const PAGES = [
  '/',
  '/targets',
  '/targets?view=dropped',
  '/targets?view=cost',
  '/status',
  '/tsdb-status',
  '/cardinality',
  '/cardinality?by=job&job=alpha&metric=alpha&label=alpha',
  '/queries',
  '/config',
  '/flags',
  '/alerts',
  '/alerts?view=notified&silenced=true&inhibited=true&muted=true',
  '/rules',
  '/silences',
  '/silences/new?filter=%7Balertname%3D%22alpha%22%7D&also=%7Bpod%3D%22alpha-1%22%7D',
  '/silences/silence-1',
  '/silences/silence-1/edit',
  '/healing',
  '/healing?view=remediations',
  '/healing?view=audit',
  '/query?g0.expr=alpha&g0.tab=table&g1.expr=alpha&g1.tab=graph',
  '/query?g0.expr=alpha&g0.tab=explain',
] as const;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export class Stage {
  server!: PlayedServer;
  browser!: Browser;
  /** What pages have complained about since `open`. */
  complaints: string[] = [];

  /** Opens a page until the end of the test; console errors, exceptions and violations of the policy are complaints. */
  async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.blank(options);
    await page.goto(this.server.url + path);
    return page;
  }

  /** The same, with nothing in it yet. */
  async blank(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    this.complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return page;
  }
}

/** A suite in a browser, or the word that it is skipped. */
export function inBrowser(name: string, suite: (stage: Stage) => void, prefix = ''): void {
  const executable = findChromium();
  if (executable === undefined) {
    process.stderr.write(`\nSKIPPED: ${name}: no Chromium in $CHROMIUM, on the PATH or in target/peers\n`);
    describe.skip(name, () => suite(new Stage()));
    return;
  }
  describe(name, () => {
    const stage = new Stage();
    beforeAll(async () => {
      stage.server = await PlayedServer.start(prefix);
      stage.browser = await launch(executable);
    });
    // A test that fails leaves its pages behind, and they would go on drawing.
    afterEach(async () => {
      await Promise.all(stage.browser.contexts().map((context) => context.close()));
    });
    afterAll(async () => {
      await stage.browser.close();
      await stage.server.stop();
    });
    suite(stage);
  });
}

/** What axe finds wrong with a page, a line each. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
    };
    const { violations } = await checker.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} (${failureSummary})`),
    );
  });
}

/** By how much a page is wider than its window, in pixels. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
