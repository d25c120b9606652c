/** Series as PromQL writes them, and foreign text made safe to look at. */
import type { Labels } from '../api/query';

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A PromQL string. */
export function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t');
  // oxlint-disable-next-line no-control-regex
  return `"${escaped.replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

/** A label's name as a selector takes it. */
export function quoteName(name: string): string {
  return LABEL.test(name) ? name : quote(name);
}

/** A value as a literal part of a regular expression (RE2). */
export function quoteRegexp(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** A selector for exactly these labels; `without` are left out. */
export function selector(labels: Labels, without: readonly string[] = []): string {
  const { __name__: metric, ...others } = labels;
  const pairs = Object.entries(others).filter(([name]) => !without.includes(name));
  const matchers = pairs.map(([name, value]) => `${quoteName(name)}=${quote(value)}`);
  if (metric === undefined) return `{${matchers.join(', ')}}`;
  if (!METRIC.test(metric)) return `{${[quote(metric), ...matchers].join(', ')}}`;
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(', ')}}`;
}

/** The longest foreign text that is shown in full where room is limited, in characters. */
export const SHOWN_MAX = 300;

const PICTURES = 0x2400;

/**
 * Foreign text with what cannot be seen made visible: control characters become their pictures (␀), and marks that turn the direction of
 * the text around them become their code. Text longer than `most` is cut and says how long it was.
 */
export function visible(text: string, most = SHOWN_MAX): string {
  const cut = text.length > most ? `${text.slice(0, most)}… (${text.length.toLocaleString('en')} characters)` : text;
  return (
    cut
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(PICTURES + c.charCodeAt(0)))
      .replace(/\u007f/g, '\u2421')
      .replace(
        /[\u0080-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
        (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`,
      )
  );
}
