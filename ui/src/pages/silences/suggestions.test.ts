import { expect, it } from 'vitest';
import { silenceLink, suggestionFor } from './suggestions';

const labels = {
  job: 'api',
  alertname: 'Down',
  pod: 'api-7f9c6d-x2z1q',
  instance: 'a:1',
  trace: '0af7651916cd43dd8448eb211c80319c',
  empty: '',
  long: 'x'.repeat(1000),
};

it('leaves out what changes with the next copy of the process', () => {
  const { stable, volatile } = suggestionFor(labels);
  expect(stable.map(({ name }) => name)).toEqual(['alertname', 'job', 'instance']);
  expect(volatile.map(({ name }) => name)).toEqual(['pod', 'trace']);
});

it("keeps the alert's name whatever it looks like", () => {
  expect(suggestionFor({ alertname: '0af7651916cd43dd8448eb211c80319c' }).stable.length).toBe(1);
});

it('writes a link that a form can read', () => {
  const { pathname, searchParams } = new URL(silenceLink(labels), 'http://server');
  expect(pathname).toBe('/silences/new');
  expect(searchParams.get('filter')).toBe('{alertname="Down", job="api", instance="a:1"}');
  expect(searchParams.get('also')).toBe('{pod="api-7f9c6d-x2z1q", trace="0af7651916cd43dd8448eb211c80319c"}');
  expect(new URL(silenceLink({ alertname: 'x' }), 'http://server').searchParams.has('also')).toBe(false);
});
