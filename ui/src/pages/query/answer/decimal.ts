/**
 * Decimal numbers in bytes to doubles, rounded as `Number` rounds them.
 *
 * Values of metrics often have seventeen digits, one more than a double counts exactly. A million of them made into texts for `Number`
 * would take longer than all the rest, so they are computed as a sum of two doubles (Dekker's arithmetic) and rounded once, at the end.
 */

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** So many digits fit into a whole number of 32 bits, which is several times as fast as a double. */
const DIGITS = 9;
/** Powers of ten that are exact as a double. */
const TENS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Splits a double into two halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;

/** Where the decimal ends that was read last. */
export let decimalEnd = 0;

/**
 * The number that is written from a place on; `decimalEnd` is then the place behind it. It is `start` where there is no number. What is no
 * plain decimal of at most eighteen digits is left to `Number`.
 */
export function decimalAt(bytes: Uint8Array, start: number): number {
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  // The first nine digits, the next nine, and how many there are; zeros in front do not count.
  let high = 0;
  let low = 0;
  let count = 0;
  let point = -1;
  for (; ; at++) {
    const byte = bytes[at] as number;
    if (byte >= ZERO && byte <= NINE) {
      if (count < DIGITS) {
        high = Math.imul(high, 10) + byte - ZERO;
        if (high !== 0) count++;
      } else {
        low = Math.imul(low, 10) + byte - ZERO;
        count++;
      }
    } else if (byte === DOT && point < 0) point = at + 1;
    else if (byte === QUOTE || byte === COMMA) break;
    else return otherwise(bytes, start);
  }
  const scale = point < 0 ? 0 : at - point;
  if (count > 2 * DIGITS || scale >= TENS.length || at === start) return otherwise(bytes, start);
  decimalEnd = at;
  const size =
    count <= DIGITS
      ? high / (TENS[scale] as number)
      : quotient(high, TENS[count - DIGITS] as number, low, TENS[scale] as number);
  return isNegative ? -size : size;
}

/** `(high · factor + low) / divisor`, rounded once. */
function quotient(high: number, factor: number, low: number, divisor: number): number {
  const product = high * factor;
  const sum = product + low;
  const rest = low - (sum - product) + missed(high, factor, product);
  const estimate = sum / divisor;
  const back = estimate * divisor;
  return estimate + (sum - back - missed(estimate, divisor, back) + rest) / divisor;
}

/** What rounding took from the product of two doubles. */
function missed(a: number, b: number, product: number): number {
  const bigA = SPLITTER * a;
  const bigB = SPLITTER * b;
  const headA = bigA - (bigA - a);
  const headB = bigB - (bigB - b);
  const tailA = a - headA;
  const tailB = b - headB;
  return tailA * tailB - (product - headA * headB - tailA * headB - headA * tailB);
}

/** Anything up to the next sign that ends a value: numbers with an exponent or many digits, `NaN`, `+Inf`, `-Inf`. */
function otherwise(bytes: Uint8Array, start: number): number {
  let end = start;
  while (end < bytes.length && isPartOfNumber(bytes[end] as number)) end++;
  decimalEnd = end;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

/** A digit, a letter, a sign or a point. */
function isPartOfNumber(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= NINE) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === DOT ||
    byte === MINUS ||
    byte === PLUS
  );
}
