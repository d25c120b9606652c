import { expect, it } from 'vitest';
import type { RoutedAlert } from '../../api/alerts';
import type { Labels } from '../../api/query';
import { isSuppressed, routesOf } from './routed';

const status = { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] };

function routed(labels: Labels, fingerprint: string): RoutedAlert {
  return { labels, fingerprint, annotations: {}, generatorURL: '', startsAt: '', receivers: [], status };
}

it('finds alerts though external labels came on the way', () => {
  const routes = routesOf([
    routed({ region: 'eu', alertname: 'Down', instance: 'a' }, '1'),
    routed({ region: 'eu', alertname: 'Down', instance: 'b' }, '2'),
  ]);
  expect(routes.of({ instance: 'b', alertname: 'Down' })?.fingerprint).toBe('2');
  expect(routes.of({ instance: 'c', alertname: 'Down' })).toBeUndefined();
  expect(routes.byFingerprint('1')?.labels.instance).toBe('a');
});

it('takes an alert that agrees in all labels before one that does not', () => {
  const routes = routesOf([routed({ alertname: 'A' }, '1'), routed({ alertname: 'A', zone: 'x' }, '2')]);
  expect(routes.of({ alertname: 'A' })?.fingerprint).toBe('1');
  expect(routes.of({ alertname: 'A', zone: 'x' })?.fingerprint).toBe('2');
});

it('knows what is suppressed', () => {
  expect(isSuppressed(status)).toBe(false);
  expect(isSuppressed({ ...status, mutedBy: ['nights'] })).toBe(true);
});
