/** Exemplars in a plot: a diamond for each, as far as they can be told apart. */
import type { Exemplar } from '../api/exemplars';
import { type Frame, xOf, yOf } from './trace';

/** An exemplar and where it is drawn, in pixels of the canvas. */
export interface Mark {
  exemplar: Exemplar;
  x: number;
  y: number;
  /** The value lies beyond the scale; the mark is at the edge. */
  isBeyond: boolean;
}

/** One mark for so many pixels of the page in each direction: what is nearer cannot be told apart. */
const CELL = 8;
/** From the middle of a mark to its corners, in pixels of the page. */
const RADIUS = 5;
/** How near the pointer has to be, in pixels of the page. */
const REACH = 9;

/** Where exemplars are drawn. Of those that would cover one another the greatest value is. */
export function marksOf(exemplars: readonly Exemplar[], frame: Frame, pixelRatio: number): Mark[] {
  const cell = CELL * pixelRatio;
  const found = new Map<string, Mark>();
  for (const exemplar of exemplars) {
    const { time, value } = exemplar;
    if (Number.isNaN(value) || time < frame.start || time > frame.end) continue;
    const isBeyond = value < frame.low || value > frame.high;
    const x = xOf(frame, time);
    const y = yOf(frame, Math.min(Math.max(value, frame.low), frame.high));
    const place = `${Math.floor(x / cell)} ${Math.floor(y / cell)}`;
    const before = found.get(place);
    if (before === undefined || before.exemplar.value < value) found.set(place, { exemplar, x, y, isBeyond });
  }
  return [...found.values()];
}

/** The mark next to a place, if one is near enough. */
export function markAt(marks: readonly Mark[], x: number, y: number, pixelRatio: number): Mark | undefined {
  let [best, least]: [Mark | undefined, number] = [undefined, REACH * pixelRatio];
  for (const mark of marks) {
    const distance = Math.hypot(mark.x - x, mark.y - y);
    if (distance <= least) [best, least] = [mark, distance];
  }
  return best;
}

export interface MarkLook {
  colour: string;
  /** What lies between a mark and a line of its colour. */
  ground: string;
  pixelRatio: number;
}

/** Paints marks; those of values beyond the scale are hollow. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  { colour, ground, pixelRatio }: MarkLook,
): void {
  const radius = RADIUS * pixelRatio;
  context.save();
  context.lineWidth = 1.5 * pixelRatio;
  for (const { x, y, isBeyond } of marks) {
    context.beginPath();
    context.moveTo(x, y - radius);
    context.lineTo(x + radius, y);
    context.lineTo(x, y + radius);
    context.lineTo(x - radius, y);
    context.closePath();
    context.fillStyle = isBeyond ? ground : colour;
    context.strokeStyle = isBeyond ? colour : ground;
    context.fill();
    context.stroke();
  }
  context.restore();
}
