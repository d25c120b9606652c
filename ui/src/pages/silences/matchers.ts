/** Matchers as Alertmanager writes them: `{alertname="Down", instance=~"a.*"}`. */
import type { Matcher } from '../../api/silences';
import { quote, quoteName } from '../../format/series';

export type Operator = '=' | '!=' | '=~' | '!~';

export const OPERATORS: readonly Operator[] = ['=', '!=', '=~', '!~'];

export function operatorOf({ isEqual, isRegex }: Pick<Matcher, 'isEqual' | 'isRegex'>): Operator {
  if (isRegex) return isEqual ? '=~' : '!~';
  return isEqual ? '=' : '!=';
}

export function matcherWith(name: string, operator: Operator, value: string): Matcher {
  return { name, value, isRegex: operator.endsWith('~'), isEqual: !operator.startsWith('!') };
}

export function formatMatcher(matcher: Matcher): string {
  return `${quoteName(matcher.name)}${operatorOf(matcher)}${quote(matcher.value)}`;
}

export function formatMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(formatMatcher).join(', ')}}`;
}

/** Matchers, or what is wrong with their text, in words. */
export type Parsed = { ok: true; matchers: Matcher[] } | { ok: false; what: string };

/** A bare word may not contain what separates matchers and their parts. */
const WORD = /[^\s,{}"=!~\\]+/y;
const BARE_VALUE = /[^\s,{}"]*/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/sy;
const OPERATOR = /=~|!~|!=|=/y;
const SPACE = /\s*/y;

/** Parses the text with or without braces; an empty text has no matchers. */
export function parseMatchers(text: string): Parsed {
  const inner = withoutBraces(text.trim());
  if (inner === undefined) return { ok: false, what: 'A brace is opened and not closed, or the other way round.' };
  const matchers: Matcher[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(inner)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const takeText = (bare: RegExp) => {
    const quoted = take(QUOTED);
    return quoted === undefined ? take(bare) : unquote(quoted);
  };
  take(SPACE);
  while (at < inner.length) {
    const name = takeText(WORD);
    if (name === undefined) return { ok: false, what: `There is no label name at “${rest(inner, at)}”.` };
    take(SPACE);
    const operator = take(OPERATOR) as Operator | undefined;
    if (operator === undefined) return { ok: false, what: `After ${name} stands none of = != =~ !~.` };
    take(SPACE);
    const value = takeText(BARE_VALUE) ?? '';
    matchers.push(matcherWith(name, operator, value));
    take(SPACE);
    if (at < inner.length && inner[at] !== ',') {
      return { ok: false, what: `Between matchers stands a comma; here stands “${rest(inner, at)}”.` };
    }
    at += 1;
    take(SPACE);
  }
  return { ok: true, matchers };
}

const REST_MAX = 20;

function rest(text: string, at: number): string {
  return text.slice(at, at + REST_MAX);
}

function withoutBraces(text: string): string | undefined {
  const isOpened = text.startsWith('{');
  if (isOpened !== text.endsWith('}')) return undefined;
  return isOpened ? text.slice(1, -1) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unquote(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-f]{2})|([^]))/gi, (_, code: string | undefined, letter: string | undefined) =>
      code === undefined ? (ESCAPES[letter ?? ''] ?? letter ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

/** Whether two matchers are the same one. */
export function isSame(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.value === b.value && a.isRegex === b.isRegex && a.isEqual === b.isEqual;
}

/** Whether a matcher lets every text through that is there, so that it narrows next to nothing. */
export function isOpen({ value, isRegex, isEqual }: Matcher): boolean {
  if (!isRegex) return !isEqual && value === '';
  return isEqual && ['.*', '.+', '(.*)', '(.+)', '^.*$', '^.+$'].includes(value);
}
