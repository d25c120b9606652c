/** Columns that grow, and the answer of a query in columns: a few large arrays instead of a million small objects. */

const LEAST_ROOM = 256;

/** Numbers that are appended one by one. */
export class Growing {
  private room: Float64Array;
  length = 0;

  /** `expected`: how many numbers there will be, as far as one can tell; there may be more. */
  constructor(expected = 0) {
    this.room = new Float64Array(Math.max(Math.ceil(expected), LEAST_ROOM));
  }

  push(value: number): void {
    if (this.length === this.room.length) {
      const larger = new Float64Array(this.room.length * 2);
      larger.set(this.room);
      this.room = larger;
    }
    this.room[this.length++] = value;
  }

  get(index: number): number {
    return this.room[index] as number;
  }

  truncate(length: number): void {
    this.length = length;
  }

  /** The numbers, in memory of just their size. */
  take(): Float64Array {
    return this.room.slice(0, this.length);
  }
}

export type ResultType = 'vector' | 'matrix' | 'scalar' | 'string';

/** What the server says that the query took. */
export interface Stats {
  /** Samples that the evaluation looked at. */
  samples: number | undefined;
  /** From the start of the evaluation to its end, in seconds. */
  evalS: number | undefined;
}

/** A successful answer. */
export interface Columns {
  type: ResultType;
  /** How many series the answer has; more than are kept where it has more than the page can hold. */
  total: number;
  /** How many are kept. */
  count: number;
  /** How many points all series have. */
  points: number;
  /** The label sets of the kept series as JSON, one after another. */
  labels: Uint8Array;
  /** Where each label set begins in `labels`, and where the last one ends. */
  labelsAt: Uint32Array;
  /** The times of points, in seconds since 1970. Series with the same times share them. */
  times: Float64Array;
  /** Where the times of each series begin. */
  timesAt: Uint32Array;
  values: Float64Array;
  /** Where the values of each series begin in `values`, and where the last ones end. */
  valuesAt: Uint32Array;
  /** Native histograms as the API writes them: the index of the series, its time, and the JSON of the histogram. */
  histograms: [series: number, time: number, json: string][];
  /** A result of the type string. */
  text: string;
  stats: Stats;
}

/** What became of an answer: the columns, or the server's own error. */
export type Decoded =
  | { kind: 'columns'; columns: Columns; warnings: string[]; infos: string[] }
  | { kind: 'refused'; errorType: string; error: string }
  | { kind: 'broken'; where: string };
