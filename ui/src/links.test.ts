import { expect, it } from 'vitest';
import { HOSTILE } from '../test/fixtures/hostile';
import { targetLink } from './links';
import { filterOf, matcherOf, searchText } from './pages/targets/filter';

const SPECIAL = ['plain:9100', 'two words "quoted"', 'x'.repeat(5000), ...HOSTILE];

it.each(SPECIAL)('a link to a target finds it, whatever its name (%#)', (name) => {
  const target = { labels: { job: name, instance: name }, scrapePool: name, scrapeUrl: 'http://one:1/metrics' };
  const { pool, search } = filterOf(new URL(targetLink(target), 'http://server').searchParams);
  // An address has no room for halves of characters.
  expect(pool).toBe(name === '' ? undefined : name.toWellFormed());
  const text = searchText(target.labels, target.scrapeUrl);
  expect(matcherOf<string>(search, (item) => item)(text.toWellFormed())).toBe(true);
});

it('a target without an instance is found by its address', () => {
  const link = targetLink({ labels: {}, scrapePool: 'a b', scrapeUrl: 'http://one:1/metrics' });
  expect(link).toBe('/targets?pool=a+b&search=http%3A%2F%2Fone%3A1%2Fmetrics');
});
