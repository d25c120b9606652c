/** What tests of the query page share. */
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Stage } from './stage';

/** A graph of an hour that is long over, so that nothing depends on when the test runs. */
export const GRAPH = '/query?g0.expr=alpha&g0.tab=graph&g0.range_input=1h&g0.end_input=2026-11-26%2012:00:00';

/** What is not there after so long will not come. In milliseconds. */
const PATIENCE_MS = 20_000;

export async function open(stage: Stage, path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await stage.open(path, options);
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

export const field = (page: Page): Locator => page.getByRole('textbox', { name: /expression/ });

export const rows = (page: Page): Locator => page.getByRole('grid').getByRole('row');

/** Waits until the editor has taken the place of the plain field: what it closes, suggests and marks comes with it. */
export const edited = (page: Page): Promise<void> => page.locator('.cm-content').first().waitFor();

/** Is longer than the moment in which the list of completions, just shown, takes no keys. */
const LIST_DEAF_MS = 100;

/** Waits until the list of completions is whole and takes keys. */
export async function offered(page: Page): Promise<void> {
  const list = page.locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)');
  await list.waitFor();
  const shownFor = (shown: Element): number => {
    const { dataset } = shown as HTMLElement;
    dataset.seen ??= String(performance.now());
    return performance.now() - Number(dataset.seen);
  };
  await expect.poll(() => list.evaluate(shownFor)).toBeGreaterThan(LIST_DEAF_MS);
}

/** Types an expression into the first panel and runs it. */
export async function run(page: Page, expr: string): Promise<void> {
  await edited(page);
  await field(page).click();
  await page.keyboard.type(expr);
  await page.keyboard.press('Control+Enter');
}

/** Chooses one of a few. The button itself is not seen: what is seen is its label. */
export const choose = (page: Page, name: string): Promise<void> =>
  page.getByRole('radio', { name, exact: true }).first().check({ force: true });

export const parameters = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

/** The plotting area: where a quarter and three quarters of its width are, and its middle. */
export async function plotArea(page: Page): Promise<{ x1: number; x2: number; y: number }> {
  const box = await page.locator('.u-over').boundingBox();
  if (box === null) throw new Error('there is no plot');
  return { x1: box.x + box.width * 0.25, x2: box.x + box.width * 0.75, y: box.y + box.height / 2 };
}

/** Puts the server back as it was. */
export function restore({ server }: Stage): void {
  server.special = {};
  server.names = ['alpha', 'beta', 'gamma'];
  server.mood = 'well';
}
