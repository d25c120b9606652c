/**
 * Reads JSON from bytes, one piece at a time.
 *
 * An answer may hold a million points. `JSON.parse` would make an array and a text of each, ten times the size of the bytes; this reads
 * numbers straight out of the bytes into columns and leaves the small rest to `JSON.parse`.
 */
import type { Growing } from './columns';
import { decimalAt, decimalEnd } from './decimal';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const DOT = 0x2e;
const SMALL_N = 0x6e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;

const decoder = new TextDecoder();

/** The bytes are no JSON or end too early; says where. */
export class Broken extends Error {
  constructor(at: number, size: number) {
    super(
      at >= size
        ? `it ends in the middle, after ${size.toLocaleString('en')} bytes`
        : `it makes no sense at byte ${at.toLocaleString('en')}`,
    );
  }
}

export class Scanner {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  fail(): never {
    throw new Broken(this.at, this.bytes.length);
  }

  /** The next byte that is no white space, which stays. */
  peek(): number {
    const { bytes } = this;
    let { at } = this;
    while (at < bytes.length && (bytes[at] as number) <= 0x20) at++;
    this.at = at;
    return at < bytes.length ? (bytes[at] as number) : this.fail();
  }

  /** Takes this byte; anything else is an error. */
  take(char: string): void {
    if (this.peek() !== char.charCodeAt(0)) this.fail();
    this.at++;
  }

  /** Takes this byte if it is the next. */
  takes(char: string): boolean {
    if (this.peek() !== char.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  /** The keys of an object, one after another; whoever gets a key must take its value before the next. */
  *keys(): Generator<string> {
    this.take('{');
    if (this.takes('}')) return;
    do {
      const key = this.text();
      this.take(':');
      yield key;
    } while (this.takes(','));
    this.take('}');
  }

  /** Begins a list and says whether it has items, which then have to be taken while `hasMore`. Go writes an empty list as null. */
  hasItems(): boolean {
    if (this.peek() === SMALL_N) {
      this.value();
      return false;
    }
    this.take('[');
    return !this.takes(']');
  }

  /** Whether another item follows; takes the end of the list where none does. */
  hasMore(): boolean {
    if (this.takes(',')) return true;
    this.take(']');
    return false;
  }

  /** A text. */
  text(): string {
    if (this.peek() !== QUOTE) this.fail();
    return this.value() as string;
  }

  private skipText(): void {
    if (this.peek() !== QUOTE) this.fail();
    const { bytes } = this;
    let at = this.at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) {
        this.at = at;
        this.fail();
      }
      at++;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) at++;
    }
    this.at = at;
  }

  /** Skips a value of any kind and returns where it begins; it ends at `at`. */
  skip(): number {
    const first = this.peek();
    const start = this.at;
    if (first === QUOTE) {
      this.skipText();
      return start;
    }
    if (first !== 0x7b && first !== 0x5b) {
      this.skipWord();
      return start;
    }
    // Brackets are counted, not matched: what is between them is parsed later by whoever needs it.
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === QUOTE) {
        this.skipText();
        continue;
      }
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      this.at++;
    } while (depth > 0);
    return start;
  }

  private skipWord(): void {
    const start = this.at;
    while (this.at < this.bytes.length && isWord(this.bytes[this.at] as number)) this.at++;
    if (this.at === start) this.fail();
  }

  /** A value of any kind. */
  value(): unknown {
    const start = this.skip();
    try {
      return JSON.parse(decoder.decode(this.bytes.subarray(start, this.at)));
    } catch {
      this.at = start;
      return this.fail();
    }
  }

  /**
   * Takes points as long as they are written without white space, `[1795732960.986,"0.5"],[1795732975.986,"0.6"]`, appends them and says
   * how many they were. This is where nearly all of the time goes.
   */
  plainPoints(times: Growing, values: Growing): number {
    const { bytes } = this;
    let { at } = this;
    for (let taken = 0; ; taken++) {
      if (bytes[at] !== OPEN) return taken;
      const time = decimalAt(bytes, at + 1);
      const comma = decimalEnd;
      if (comma === at + 1 || bytes[comma] !== COMMA || bytes[comma + 1] !== QUOTE) return taken;
      const value = decimalAt(bytes, comma + 2);
      const quote = decimalEnd;
      if (quote === comma + 2 || bytes[quote] !== QUOTE || bytes[quote + 1] !== CLOSE) return taken;
      times.push(time);
      values.push(value);
      this.at = quote + 2;
      if (bytes[quote + 2] !== COMMA) return taken + 1;
      at = quote + 3;
    }
  }

  /** A number. */
  number(): number {
    this.peek();
    const value = decimalAt(this.bytes, this.at);
    if (decimalEnd === this.at || Number.isNaN(value)) this.fail();
    this.at = decimalEnd;
    return value;
  }

  /** A number that is written as a text, as the API writes values: also `NaN`, `+Inf`, `-Inf`. */
  quotedNumber(): number {
    if (this.peek() !== QUOTE) this.fail();
    const start = this.at + 1;
    const value = decimalAt(this.bytes, start);
    this.at = decimalEnd;
    if (decimalEnd === start || this.bytes[this.at] !== QUOTE) this.fail();
    this.at++;
    return value;
  }
}

/** A byte of true, false, null or a number. */
function isWord(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || isNumeric(byte);
}

function isNumeric(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= NINE) || byte === MINUS || byte === DOT || byte === 0x65 || byte === 0x45 || byte === 0x2b
  );
}
