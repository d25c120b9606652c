import { expect, it } from 'vitest';
import { inBrowser } from './stage';

inBrowser('the keyboard', (stage) => {
  it('goes to pages, shows its shortcuts and closes them', async () => {
    const page = await stage.open('/');
    await page.waitForSelector('main .card');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Status', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/status');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.goBack();
    await page.getByRole('heading', { name: 'Wrong now' }).waitFor();
  });

  it('skips to the content first', async () => {
    const page = await stage.open('/');
    await page.waitForSelector('main .card');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  });

  it('chooses a theme that outlives the page', async () => {
    const page = await stage.open('/status', { colorScheme: 'light' });
    await page.waitForSelector('main .card');
    await page.getByRole('radio', { name: 'Theme of the system' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const isDark = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    expect(await isDark()).toBe('dark');
    await page.reload();
    await page.waitForSelector('main .card');
    expect(await isDark()).toBe('dark');
  });

  it('reaches everything that a pointer reaches', async () => {
    const page = await stage.open('/');
    await page.waitForSelector('main .chart-foot');
    await page.waitForLoadState('networkidle');
    const unreachable = await page.evaluate(() =>
      [...document.querySelectorAll('a, button, input, select, [onclick]')]
        .filter((element) => !(element instanceof HTMLElement) || element.tabIndex < 0)
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    expect(unreachable).toEqual([]);
  });
});
