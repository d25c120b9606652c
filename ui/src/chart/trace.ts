/**
 * Leads a pen along a series.
 *
 * Where there are more points than a line can show, each column of pixels gets its first, least, greatest and last point: the picture is
 * the same as that of all points, peaks included.
 */
import { firstFrom } from './series';

export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/** Where times and values are on the canvas, in its pixels. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Times at the left and at the right edge, in seconds. */
  start: number;
  end: number;
  /** Values at the lower and the upper edge. */
  low: number;
  high: number;
}

/** Half the length of the dash that stands for a point without neighbours, in pixels. */
const LONE = 1;
/** With more points than this in each column of pixels, columns are summed up. */
const POINTS_PER_COLUMN = 2;

export function xOf(frame: Frame, time: number): number {
  return frame.left + ((time - frame.start) / (frame.end - frame.start)) * frame.width;
}

export function yOf(frame: Frame, value: number): number {
  return frame.top + (1 - (value - frame.low) / (frame.high - frame.low)) * frame.height;
}

/** Draws the points between the edges of the frame, and one beyond each so that lines reach the edges. `pause` is the longest without a gap. */
export function trace(
  pen: Pen,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  frame: Frame,
  pause: number,
): void {
  const from = Math.max(firstFrom(times, frame.start) - 1, 0);
  const to = Math.min(firstFrom(times, frame.end) + 1, times.length);
  const isDense = to - from > frame.width * POINTS_PER_COLUMN;
  (isDense ? traceColumns : tracePoints)(pen, times, values, { ...frame, from, to, pause });
}

interface Run extends Frame {
  from: number;
  to: number;
  pause: number;
}

function tracePoints(pen: Pen, times: ArrayLike<number>, values: ArrayLike<number>, run: Run): void {
  const { left, from, to, pause, start, high } = run;
  const perSecond = run.width / (run.end - start);
  const perUnit = run.height / (high - run.low);
  let before = -Infinity;
  // How many points the current line has, and where its first one is.
  let [length, x, y] = [0, 0, 0];
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) continue;
    const time = times[index] as number;
    const isGap = time - before > pause || (length > 0 && !isAdjacent(values, index));
    if (isGap) {
      if (length === 1) dash(pen, x, y);
      length = 0;
    }
    x = left + (time - start) * perSecond;
    y = run.top + (high - value) * perUnit;
    if (length === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
    length++;
    before = time;
  }
  if (length === 1) dash(pen, x, y);
}

/** Whether the point before has a value: NaN and infinite values break the line. */
function isAdjacent(values: ArrayLike<number>, index: number): boolean {
  return Number.isFinite(values[index - 1]);
}

function dash(pen: Pen, x: number, y: number): void {
  pen.moveTo(x - LONE, y);
  pen.lineTo(x + LONE, y);
}

function traceColumns(pen: Pen, times: ArrayLike<number>, values: ArrayLike<number>, run: Run): void {
  const { left, from, to, pause, start, high } = run;
  const perSecond = run.width / (run.end - start);
  const perUnit = run.height / (high - run.low);
  let before = -Infinity;
  let column = Number.NaN;
  let [first, least, greatest, last] = [0, 0, 0, 0];
  let isLeastLater = false;
  let isNew = true;
  const flush = () => {
    if (Number.isNaN(column)) return;
    const y = (value: number) => run.top + (high - value) * perUnit;
    const x = left + column + 0.5;
    if (isNew) pen.moveTo(x, y(first));
    else pen.lineTo(x, y(first));
    isNew = false;
    if (first !== last || least !== greatest) {
      pen.lineTo(x, y(isLeastLater ? greatest : least));
      pen.lineTo(x, y(isLeastLater ? least : greatest));
      pen.lineTo(x, y(last));
    } else pen.lineTo(x + LONE, y(last));
  };
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) continue;
    const time = times[index] as number;
    const here = Math.floor((time - start) * perSecond);
    const isGap = time - before > pause || (index > from && !isAdjacent(values, index));
    if (here !== column || isGap) {
      flush();
      if (isGap) isNew = true;
      column = here;
      first = value;
      least = value;
      greatest = value;
    } else if (value < least) {
      least = value;
      isLeastLater = true;
    } else if (value > greatest) {
      greatest = value;
      isLeastLater = false;
    }
    last = value;
    before = time;
  }
  flush();
}
