import { expect, it } from 'vitest';
import { HOSTILE } from '../../../test/fixtures/hostile';
import { formatMatchers, isOpen, isSame, matcherWith, operatorOf, parseMatchers } from './matchers';

it.each([
  ['{alertname="Down"}', [['alertname', '=', 'Down']]],
  [
    'a="b", c!~"d.*",e=~f , g != "h,}" ,',
    [
      ['a', '=', 'b'],
      ['c', '!~', 'd.*'],
      ['e', '=~', 'f'],
      ['g', '!=', 'h,}'],
    ],
  ],
  ['{"my name"="x\\"y\\\\z\\n"}', [['my name', '=', 'x"y\\z\n']]],
  ['a=', [['a', '=', '']]],
  ['', []],
  ['{}', []],
] as const)('%s is read', (text, wanted) => {
  const parsed = parseMatchers(text);
  expect(parsed.ok && parsed.matchers.map((one) => [one.name, operatorOf(one), one.value])).toEqual(wanted);
});

it.each([
  ['{a="b"', 'brace'],
  ['a', 'none of = != =~ !~'],
  ['="b"', 'no label name'],
  ['a="b" c="d"', 'comma'],
  ['{a="b"}}', 'comma'],
])('%s is refused in words', (text, word) => {
  const parsed = parseMatchers(text);
  expect(parsed.ok ? 'read' : parsed.what).toContain(word);
});

it('reads what it writes, whatever the names and values are', () => {
  const matchers = HOSTILE.flatMap((text) => [
    matcherWith(text === '' ? 'empty' : text, '=', text),
    matcherWith('name', '!~', text),
  ]);
  const parsed = parseMatchers(formatMatchers(matchers));
  expect(parsed.ok && parsed.matchers.length).toBe(matchers.length);
  expect(parsed.ok && parsed.matchers.every((one, index) => isSame(one, matchers[index] ?? one))).toBe(true);
});

it('knows the matchers that let everything through', () => {
  expect([matcherWith('a', '=~', '.*'), matcherWith('a', '!=', '')].every(isOpen)).toBe(true);
  expect([matcherWith('a', '=', '.*'), matcherWith('a', '!~', '.*'), matcherWith('a', '=~', 'x.*')].some(isOpen)).toBe(
    false,
  );
});
