import { expect, it } from 'vitest';
import type { Step } from '../../api/relabel';
import { fieldsOf, shownSteps } from './steps';

const rule = { separator: ';', regex: '(.*)', replacement: '$1', action: 'replace' };

it('shows what each rule adds, changes and removes, up to the one that drops', () => {
  const steps: Step[] = [
    { rule, output: { a: '1', b: '3', c: '4' }, keep: true },
    { rule, output: { a: '1', b: '3', c: '4' }, keep: true },
    { rule, output: { c: '4' }, keep: true },
    { rule, output: {}, keep: false },
    { rule, output: {}, keep: false },
  ];
  expect(shownSteps({ a: '1', b: '2' }, steps)).toEqual([
    {
      rule,
      isDropped: false,
      changes: [
        { name: 'b', before: '2', after: '3' },
        { name: 'c', before: undefined, after: '4' },
      ],
    },
    { rule, isDropped: false, changes: [] },
    {
      rule,
      isDropped: false,
      changes: [
        { name: 'a', before: '1', after: undefined },
        { name: 'b', before: '3', after: undefined },
      ],
    },
    { rule, isDropped: true, changes: [] },
  ]);
});

it('writes rules without what goes without saying', () => {
  expect(fieldsOf(rule)).toEqual([['action', 'replace']]);
  expect(
    fieldsOf({ ...rule, target_label: 'x', source_labels: ['a', 'b'], regex: 'x.*', modulus: 8, later: 'field' }),
  ).toEqual([
    ['action', 'replace'],
    ['source_labels', '[a, b]'],
    ['regex', 'x.*'],
    ['modulus', '8'],
    ['target_label', 'x'],
    ['later', 'field'],
  ]);
});
