import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../../test/fixtures/hostile';
import { quote, quoteRegexp, selector, visible } from './series';

describe('a selector', () => {
  it.each([
    [{ __name__: 'up' }, 'up'],
    [{ __name__: 'up', job: 'a', instance: 'b:1' }, 'up{job="a", instance="b:1"}'],
    [{ job: 'a' }, '{job="a"}'],
    [{ __name__: 'http.requests', 'k8s.pod': 'x' }, '{"http.requests", "k8s.pod"="x"}'],
    [{ __name__: 'up', path: 'C:\\a\n"b"' }, 'up{path="C:\\\\a\\n\\"b\\""}'],
  ])('of %j is %s', (labels, text) => {
    expect(selector(labels)).toBe(text);
  });

  it.each(HOSTILE)('cannot be left by a value, whatever it is (%#)', (name) => {
    const text = selector({ __name__: 'up', name });
    // One string between the quotes, with nothing raw that would end it.
    expect(text).toMatch(/^up\{name="(?:[^"\\\n\r\u0000]|\\(?:["\\nrt]|x[0-9a-f]{2}))*"\}$/);
  });
});

it('quotes strings and regular expressions', () => {
  expect(quote('a"b\\c\u0000')).toBe('"a\\"b\\\\c\\x00"');
  expect(quoteRegexp('a.b|c(d)[e]{1}$')).toBe('a\\.b\\|c\\(d\\)\\[e\\]\\{1\\}\\$');
});

describe('foreign text', () => {
  it.each(HOSTILE)('has nothing invisible left, and ends (%#)', (name) => {
    const shown = visible(name);
    expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(shown.length).toBeLessThan(2600);
  });

  it('says how long it was', () => {
    expect(visible('x'.repeat(65_536), 3)).toBe('xxx… (65,536 characters)');
  });
});
