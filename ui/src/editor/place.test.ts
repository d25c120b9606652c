import { describe, expect, it } from 'vitest';
import { mistakeIn, partOf } from './place';

const marked = (expr: string, error: string) => {
  const mistake = mistakeIn(expr, error);
  return mistake === undefined ? undefined : { ...mistake, text: expr.slice(mistake.from, mistake.to) };
};

describe('the place of a mistake', () => {
  it.each([
    ['foo bar', '1:5: parse error: unexpected identifier "bar"', { text: 'bar', from: 4, line: 1, column: 5 }],
    [
      'foo ++ bar',
      'invalid parameter "query": 1:6: parse error: unexpected <op:+>',
      { text: '+', from: 5, line: 1, column: 6 },
    ],
    [
      'sum(up',
      'invalid parameter "query": 1:7: parse error: unclosed left parenthesis',
      { text: '', from: 6, line: 1, column: 7 },
    ],
    [
      'up\n  or\nfoo{a==1}',
      '3:7: parse error: unexpected "=" in label matching',
      { text: '=', from: 14, line: 3, column: 7 },
    ],
    // The server counts bytes; a person and the editor do not.
    ['{a="éö😀"} x', '1:16: parse error: unexpected identifier "x"', { text: 'x', from: 11, line: 1, column: 11 }],
    [
      'rate(up)',
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
      { text: 'up', from: 5, line: 1, column: 6 },
    ],
    ['up', '9:99: parse error: somewhere else', { text: '', from: 2, line: 1, column: 3 }],
    ['', '1:1: parse error: no expression found in input', { text: '', from: 0, line: 1, column: 1 }],
  ])('in %j by %j', (expr, error, expected) => {
    expect(marked(expr, error)).toMatchObject(expected);
  });

  it('has the message without the place, all of it', () => {
    expect(mistakeIn('x', '1:1: parse error: a: b\nc')?.message).toBe('a: b\nc');
  });

  it.each(['query timed out', 'found 1:5: parse error', '', 'parse error: no place'])('is not in %j', (error) => {
    expect(mistakeIn('up', error)).toBeUndefined();
  });
});

describe('the part that a mistake is about', () => {
  it.each([
    ['é + foo bar * 2', { start: 9, end: 12 }, 'bar'],
    ['rate(up) * 2', { start: 5, end: 7 }, 'up'],
    // To the end of the text: the first sign says enough.
    ['a $ b + c', { start: 2, end: 9 }, '$'],
    ['sum(up', { start: 6, end: 6 }, ''],
  ])('in %j at %j', (expr, at, expected) => {
    const { from, to } = partOf(expr, { message: '', ...at });
    expect(expr.slice(from, to)).toBe(expected);
  });
});
