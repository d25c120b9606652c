import { expect, it } from 'vitest';
import { filterOf, isHealthWanted, matcherOf, searchText } from './filter';

it.each([
  ['', { pool: undefined, search: '', health: 'all' }],
  ['pool=&search=&health=', { pool: undefined, search: '', health: 'all' }],
  ['pool=a%3Cb&search=x+y', { pool: 'a<b', search: 'x y', health: 'all' }],
  ['health=down', { pool: undefined, search: '', health: 'down' }],
  ['health=up&health=down&health=unknown', { pool: undefined, search: '', health: 'all' }],
  ['health=unknown&health=down', { pool: undefined, search: '', health: 'unhealthy' }],
  ['health=unhealthy', { pool: undefined, search: '', health: 'unhealthy' }],
  ['health=%3Cscript%3E', { pool: undefined, search: '', health: 'all' }],
])("reads %s as Prometheus' page writes it", (search, expected) => {
  expect(filterOf(new URLSearchParams(search))).toEqual(expected);
});

it('takes what is unknown for unhealthy', () => {
  const wanted = (['up', 'down', 'unknown'] as const).filter((health) => isHealthWanted(health, 'unhealthy'));
  expect(wanted).toEqual(['down', 'unknown']);
});

it('finds all words in labels, with quotes or without, and in other texts', () => {
  const text = searchText({ instance: 'Web-1:9100', tier: 'front' }, 'http://10.0.0.1/metrics', 'connection refused');
  for (const search of ['', 'web-1', 'tier="front"', 'instance=web refused', '10.0.0.1 FRONT'])
    expect(matcherOf<string>(search, (item) => item)(text), search).toBe(true);
  for (const search of ['web-2', 'tier=back', 'front nothing'])
    expect(matcherOf<string>(search, (item) => item)(text), search).toBe(false);
});
