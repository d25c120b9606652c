import { expect, it } from 'vitest';
import { HOSTILE, MARK } from '../fixtures/hostile';
import { inBrowser } from './stage';

/** Addresses with a place for a name in them. */
const ADDRESSES: readonly ((name: string) => string)[] = [
  (name) => `/alerts?search=${name}&state=${name}&view=${name}`,
  (name) => `/alerts?view=notified&filter=${name}&receiver=${name}&muted=${name}`,
  (name) => `/silences?filter=${name}&state=${name}`,
  (name) => `/silences/new?filter=${name}&also=${name}&comment=${name}`,
  (name) => `/silences/${name}`,
  (name) => `/silences/${name}/edit`,
  (name) => `/healing?search=${name}&view=${name}`,
  (name) => `/healing?view=audit&decision=${name}&remediation=${name}&before=${name}`,
  (name) => `/#/alerts?filter=${name}&receiver=${name}`,
  (name) => `/#/silences/${name}`,
];

// A lonely surrogate cannot be written in an address.
const NAMES = HOSTILE.filter((text) => text.length < 2000 && !/\p{Surrogate}/u.test(text)).map(encodeURIComponent);

inBrowser('names that want to do harm', (stage) => {
  it.each(ADDRESSES.map((address) => [address('NAME'), address] as const))('do nothing in %s', async (_, address) => {
    stage.server.names = ['alpha'];
    const page = await stage.open('/alerts');
    for (const name of NAMES) {
      await page.goto(stage.server.url + address(name));
      await page.waitForSelector('main .card');
      expect(
        await page.evaluate((mark) => (globalThis as unknown as Record<string, unknown>)[mark], MARK),
      ).toBeUndefined();
      expect(stage.complaints, name).toEqual([]);
    }
  });
});
