/** Decodes an answer of `query` or `query_range` into columns. Knows nothing of the page. */
import { type Columns, type Decoded, Growing, type ResultType, type Stats } from './columns';
import { Broken, Scanner } from './scan';

/** How many series are kept of one answer. More can neither be drawn nor read, and their labels alone would fill the memory. */
export const SERIES_KEPT_MAX = 100_000;
/** How many points are kept of one answer: 16 bytes each. */
export const POINTS_KEPT_MAX = 10_000_000;

/** About as long is a point in JSON, in bytes. */
const POINT_BYTES = 32;
/** How long the page waits for one slice of the work, in milliseconds. */
const SLICE_MS = 24;

/**
 * Takes the whole body of an answer. Never throws. A large answer is decoded in slices, between which the page answers to keys and the
 * mouse; the page's Content-Security-Policy allows no other thread.
 */
export async function decode(bytes: Uint8Array): Promise<Decoded> {
  try {
    const steps = new Decoder(bytes).envelope();
    let until = performance.now() + SLICE_MS;
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() < until) continue;
      // One slice after another is the point.
      // oxlint-disable-next-line no-await-in-loop
      await nextTask();
      until = performance.now() + SLICE_MS;
    }
  } catch (error) {
    return { kind: 'broken', where: error instanceof Broken ? error.message : 'it is no complete JSON' };
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** How many series are decoded between two looks at the clock. */
const AT_ONCE = 16;

class Decoder {
  private readonly from: Scanner;
  private type: ResultType = 'vector';
  private total = 0;
  private points = 0;
  private text = '';
  private stats: Stats = { samples: undefined, evalS: undefined };
  private readonly spans = new Growing();
  private readonly times: Growing;
  private readonly timesAt = new Growing();
  private readonly values: Growing;
  private readonly valuesAt = new Growing();
  private readonly histograms: Columns['histograms'] = [];

  constructor(bytes: Uint8Array) {
    this.from = new Scanner(bytes);
    // Times that are shared are taken back before those of the next series come.
    this.times = new Growing();
    this.values = new Growing(Math.min(bytes.length / POINT_BYTES, POINTS_KEPT_MAX));
  }

  /** Yields now and then. */
  *envelope(): Generator<undefined, Decoded> {
    let status = '';
    let errorType = '';
    let error = '';
    let warnings: string[] = [];
    let infos: string[] = [];
    for (const key of this.from.keys()) {
      if (key === 'data') yield* this.data();
      else if (key === 'status') status = String(this.from.value());
      else if (key === 'errorType') errorType = String(this.from.value());
      else if (key === 'error') error = String(this.from.value());
      else if (key === 'warnings') warnings = texts(this.from.value());
      else if (key === 'infos') infos = texts(this.from.value());
      else this.from.skip();
    }
    if (status === 'success') return { kind: 'columns', columns: this.columns(), warnings, infos };
    return status === 'error' ? { kind: 'refused', errorType, error } : { kind: 'broken', where: 'it has no status' };
  }

  private *data(): Generator<undefined> {
    if (this.from.peek() !== 0x7b) {
      this.from.skip();
      return;
    }
    for (const key of this.from.keys()) {
      if (key === 'resultType') this.type = typeOf(this.from);
      else if (key === 'result') yield* this.result();
      else if (key === 'stats') this.stats = statsOf(this.from.value());
      else this.from.skip();
    }
  }

  /** The API writes the type before the result. */
  private *result(): Generator<undefined> {
    if (this.type === 'scalar' || this.type === 'string') {
      this.single();
      return;
    }
    if (!this.from.hasItems()) return;
    do {
      this.series();
      if (this.total % AT_ONCE === 0) yield;
    } while (this.from.hasMore());
  }

  private single(): void {
    this.from.take('[');
    const time = this.from.number();
    this.from.take(',');
    this.text = this.from.text();
    this.from.take(']');
    if (this.type === 'string') return;
    this.begin();
    this.times.push(time);
    this.values.push(numberOf(this.text));
    this.points = 1;
    this.total = 1;
  }

  private begin(): void {
    this.timesAt.push(this.times.length);
    this.valuesAt.push(this.values.length);
  }

  private series(): void {
    this.total++;
    if (this.timesAt.length >= SERIES_KEPT_MAX || this.values.length >= POINTS_KEPT_MAX) {
      this.from.skip();
      return;
    }
    this.begin();
    let start = 0;
    let end = 0;
    for (const key of this.from.keys()) {
      if (key === 'metric') {
        start = this.from.skip();
        end = this.from.at;
      } else if (key === 'value') this.point();
      else if (key === 'values') this.each(this.somePoints);
      else if (key === 'histogram') this.histogram();
      else if (key === 'histograms') this.each(this.histogram);
      else this.from.skip();
    }
    this.spans.push(start);
    this.spans.push(end);
    this.shareTimes();
  }

  private point(): void {
    const { from } = this;
    from.take('[');
    const time = from.number();
    from.take(',');
    this.values.push(from.quotedNumber());
    this.times.push(time);
    from.take(']');
    this.points++;
  }

  /** Takes at least one point. */
  private somePoints(): void {
    const taken = this.from.plainPoints(this.times, this.values);
    if (taken === 0) this.point();
    else this.points += taken;
  }

  private each(take: () => void): void {
    if (!this.from.hasItems()) return;
    do take.call(this);
    while (this.from.hasMore());
  }

  private histogram(): void {
    const { from } = this;
    from.take('[');
    const time = from.number();
    from.take(',');
    const start = from.skip();
    const json = new TextDecoder().decode(from.bytes.subarray(start, from.at));
    from.take(']');
    this.histograms.push([this.timesAt.length - 1, time, json]);
    this.points++;
  }

  /** Lets the series that was read last use the times of the one before, if they are the same. Nearly always they are. */
  private shareTimes(): void {
    const last = this.timesAt.length - 1;
    if (last === 0) return;
    const mine = this.timesAt.get(last);
    const before = this.timesAt.get(last - 1);
    const length = this.times.length - mine;
    // The series before has at least as many times if its times end where mine begin, or are shared themselves.
    if (this.valuesAt.get(last) - this.valuesAt.get(last - 1) !== length) return;
    for (let index = 0; index < length; index++)
      if (this.times.get(mine + index) !== this.times.get(before + index)) return;
    this.times.truncate(mine);
    this.timesAt.truncate(last);
    this.timesAt.push(before);
  }

  private columns(): Columns {
    const { type, total, points, text, stats, histograms } = this;
    const count = this.timesAt.length;
    this.valuesAt.push(this.values.length);
    return {
      type,
      total,
      count,
      points,
      ...this.labels(count),
      times: this.times.take(),
      timesAt: Uint32Array.from(this.timesAt.take()),
      values: this.values.take(),
      valuesAt: Uint32Array.from(this.valuesAt.take()),
      histograms,
      text,
      stats,
    };
  }

  /** The label sets in memory of their own, so that the bytes of the answer can be let go. */
  private labels(count: number): Pick<Columns, 'labels' | 'labelsAt'> {
    const labelsAt = new Uint32Array(count + 1);
    const spanCount = this.spans.length / 2;
    let size = 0;
    for (let index = 0; index < count; index++) {
      labelsAt[index] = size;
      if (index < spanCount) size += this.spans.get(2 * index + 1) - this.spans.get(2 * index);
    }
    labelsAt[count] = size;
    const labels = new Uint8Array(size);
    for (let index = 0; index < spanCount; index++) {
      labels.set(this.from.bytes.subarray(this.spans.get(2 * index), this.spans.get(2 * index + 1)), labelsAt[index]);
    }
    return { labels, labelsAt };
  }
}

function typeOf(from: Scanner): ResultType {
  const type = from.value();
  if (type === 'vector' || type === 'matrix' || type === 'scalar' || type === 'string') return type;
  return from.fail();
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function statsOf(value: unknown): Stats {
  const { samples, timings } = (value ?? {}) as {
    samples?: Record<string, unknown>;
    timings?: Record<string, unknown>;
  };
  return { samples: finite(samples?.totalQueryableSamples), evalS: finite(timings?.evalTotalTime) };
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
