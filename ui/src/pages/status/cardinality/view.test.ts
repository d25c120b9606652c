import { expect, it } from 'vitest';
import type { Group } from '../../../api/cardinality';
import { byOf, exprOf, into, matchOf, questionOf, stepsOf, viewOf } from './view';

const view = (search: string) => viewOf(new URLSearchParams(search));
const group = (name: string, more: Partial<Group> = {}): Group => ({
  name,
  label: undefined,
  series: 1,
  seriesKept: 1,
  values: undefined,
  before: undefined,
  growth: undefined,
  lastQueried: undefined,
  refused: 0,
  ...more,
});

it('goes from all series down to the values of a label', () => {
  const ways: [search: string, by: string, match: string | undefined, params: object | undefined][] = [
    ['', 'metric', undefined, { metric: 'x' }],
    ['by=nonsense', 'metric', undefined, { metric: 'x' }],
    ['metric=m', 'label', 'm', { metric: 'm', label: 'x' }],
    ['metric=m&label=l', 'label_value', 'm', undefined],
    ['by=job', 'job', undefined, { by: 'job', job: 'x' }],
    ['by=job&job=j', 'metric', '{job="j"}', { by: 'job', job: 'j', metric: 'x' }],
    ['by=job&job=', 'metric', '{job=""}', { by: 'job', job: '', metric: 'x' }],
    ['by=job&job=j&metric=m', 'label', 'm{job="j"}', { by: 'job', job: 'j', metric: 'm', label: 'x' }],
    ['by=label', 'label', undefined, { by: 'label', label: 'x' }],
    ['by=label&label=l', 'label_value', undefined, undefined],
    ['metric=a%20"b"', 'label', '{"a \\"b\\""}', { metric: 'a "b"', label: 'x' }],
  ];
  for (const [search, by, match, params] of ways) {
    const at = view(search);
    expect([byOf(at), matchOf(at)], search).toEqual([by, match]);
    const found = into(at, group('x'));
    expect(found === undefined ? undefined : JSON.parse(JSON.stringify(found)), search).toEqual(params);
  }
  const both = into(view('by=metric_label'), group('m', { label: 'l' }));
  expect(both).toMatchObject({ by: 'metric_label', metric: 'm', label: 'l' });
});

it('asks for growth and for what nothing selects only where that is known', () => {
  const now = 40 * 86_400 + 59;
  expect(questionOf(view('sort=growth&unqueried=7'), now)).toMatchObject({
    sort: 'growth',
    unqueriedSince: 33 * 86_400,
  });
  expect(questionOf(view('unqueried=ever'), now).unqueriedSince).toBe(0);
  expect(questionOf(view('by=job&job=j&sort=growth&unqueried=30'), now)).toMatchObject({
    match: '{job="j"}',
    sort: undefined,
    unqueriedSince: 10 * 86_400,
  });
  expect(questionOf(view('metric=m&label=l&unqueried=7'), now)).toMatchObject({
    by: 'label_value',
    label: 'l',
    unqueriedSince: undefined,
  });
});

it('knows the way back, and the series behind a value', () => {
  const deep = view('by=job&job=j&metric=m&label=l');
  expect(stepsOf(deep).map(({ what, name }) => [what, name])).toEqual([
    ['All series', undefined],
    ['job', 'j'],
    ['metric', 'm'],
    ['label', 'l'],
  ]);
  expect(exprOf(deep, group('v'))).toBe('m{job="j", l="v"}');
  expect(exprOf(view('by=label&label=job'), group('v'))).toBe('{job="v"}');
  expect(exprOf(view('metric=m&label=__name__'), group('m'))).toBe('m');
  expect(into(view('by=job'), group(''))).toBeUndefined();
  expect(exprOf(view('by=job'), group(''))).toBe('count by (__name__) ({__name__!="", job=""})');
});
