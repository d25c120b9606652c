/**
 * Checks that an answer has the shape that the pages count on. A decoder returns the value with its type or throws `ShapeError`, which
 * `request` turns into a failure: an answer of another shape is told to the reader and never crashes a page.
 */

export class ShapeError extends Error {}

export type Decoder<T> = (value: unknown, at: string) => T;

/** What a decoder yields. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

function wrong(at: string, wanted: string): never {
  throw new ShapeError(`${at} is not ${wanted}`);
}

export const text: Decoder<string> = (value, at) => (typeof value === 'string' ? value : wrong(at, 'a text'));

export const number: Decoder<number> = (value, at) => (typeof value === 'number' ? value : wrong(at, 'a number'));

export const bool: Decoder<boolean> = (value, at) => (typeof value === 'boolean' ? value : wrong(at, 'true or false'));

/** A value that is taken as it comes. */
export const anything: Decoder<unknown> = (value) => value;

export function list<T>(item: Decoder<T>): Decoder<T[]> {
  return (value, at) => {
    // Go writes an empty list as null now and then.
    if (value === null) return [];
    if (!Array.isArray(value)) wrong(at, 'a list');
    return value.map((entry, index) => item(entry, `${at}[${index}]`));
  };
}

/** An object with any keys and values of one type. */
export function table<T>(item: Decoder<T>): Decoder<Record<string, T>> {
  return (value, at) => {
    if (value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) wrong(at, 'an object');
    // Without a prototype, a label that is called __proto__ is a label like any other.
    const result = Object.create(null) as Record<string, T>;
    for (const [key, entry] of Object.entries(value)) result[key] = item(entry, `${at}.${key}`);
    return result;
  };
}

/** An object with these fields; others are dropped. */
export function object<T extends object>(fields: { [K in keyof T]-?: Decoder<T[K]> }): Decoder<T> {
  return (value, at) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) wrong(at, 'an object');
    const source = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const name of Object.keys(fields) as (keyof T & string)[])
      result[name] = fields[name](source[name], `${at}.${name}`);
    return result as T;
  };
}

/** A value that may be missing. */
export function optional<T>(inner: Decoder<T>): Decoder<T | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : inner(value, at));
}

/** A value that may be missing, with what stands for it then. */
export function withDefault<T>(inner: Decoder<T>, missing: T): Decoder<T> {
  return (value, at) => (value === undefined || value === null ? missing : inner(value, at));
}
