/** Where in an expression the server found a mistake. */

export interface Mistake {
  /** What is wrong, without the place. */
  message: string;
  /** The place in UTF-16 units, as editors and strings count; empty where something is missing at the end. */
  from: number;
  to: number;
  /** The line and the column, from 1; columns count characters. */
  line: number;
  column: number;
}

/** Prometheus writes `invalid parameter "query": 1:5: parse error: unexpected …`. */
const PARSE_ERROR = /(?:^|: )(\d+):(\d+): parse error: ([\s\S]*)$/;
/** What is marked: a word, a number, or one sign. */
const TOKEN = /^(?:[\p{L}_:][\p{L}\d_:]*|\d[\w.]*|[=!<>]=|[=!]~|.)/u;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The mistake that an error text tells of; nothing if it names no place. */
export function mistakeIn(expr: string, error: string): Mistake | undefined {
  const found = PARSE_ERROR.exec(error);
  if (found === null) return undefined;
  const [, line = '1', byteColumn = '1', message = ''] = found;
  const lines = expr.split('\n');
  const index = Math.min(Math.max(Number(line), 1), lines.length) - 1;
  const text = lines[index] ?? '';
  const within = unitsIn(text, Number(byteColumn) - 1);
  const lineStart = lines.slice(0, index).reduce((sum, before) => sum + before.length + 1, 0);
  return {
    message,
    line: index + 1,
    column: Array.from(text.slice(0, within)).length + 1,
    ...marked(expr, lineStart + within),
  };
}

/** A mistake as `regain/lint` tells of it: bytes of UTF-8. */
export interface Told {
  message: string;
  start: number;
  end: number;
}

/** The part of the expression that a mistake is about. One that reaches to the end of the text is shown at its first word. */
export function partOf(expr: string, { start, end }: Told): { from: number; to: number } {
  const from = Math.min(unitsIn(expr, start), expr.length);
  const to = unitsIn(expr, end);
  return to < expr.length && to > from ? { from, to } : marked(expr, from);
}

/** The server counts columns in bytes of UTF-8; this is how many UTF-16 units they are. */
function unitsIn(text: string, bytes: number): number {
  return decoder.decode(encoder.encode(text).subarray(0, Math.max(bytes, 0))).length;
}

/** The token at a place; nothing at the end of the text. */
function marked(expr: string, at: number): { from: number; to: number } {
  const from = Math.min(at, expr.length);
  return { from, to: from + (TOKEN.exec(expr.slice(from))?.[0].length ?? 0) };
}
