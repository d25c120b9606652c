/**
 * Paints series onto a canvas. Many series are painted in slices, between which the page answers to keys and the mouse.
 */
import { type Mark, type MarkLook, paintMarks } from './exemplars';
import type { ChartSeries } from './series';
import type { Stack } from './stack';
import { type Frame, type Pen, trace, xOf, yOf } from './trace';

/** What there is to paint, from back to front. */
export interface Scene {
  frame: Frame;
  series: readonly ChartSeries[];
  /** The series as bands on each other, in the same order, if they are stacked. */
  stack: Stack | undefined;
  /** The colour of each series. */
  colours: readonly string[];
  /** The longest pause that a line is drawn across, in seconds. */
  pause: number;
  /** What lies above all series. */
  marks: readonly Mark[];
  look: Omit<MarkLook, 'pixelRatio'>;
  /** Of a pixel of the canvas in those of the page. */
  pixelRatio: number;
}

const LINE_WIDTH = 1.5;
/** Beyond this many series lines are thin: the picture is a texture then, and thin lines are painted several times as fast. */
const THICK_MAX = 60;
/** How much of a series' colour lies under its line: for one or two alone, and in a stack. */
const FILL = 0.1;
const FILLED_MAX = 2;
const STACKED_FILL = 0.5;
/** How long one slice takes, in milliseconds. The first may take longer: most pictures are complete with it, and nothing flickers. */
const FIRST_SLICE_MS = 120;
const SLICE_MS = 24;
/** How many series are painted between two looks at the clock. */
const AT_ONCE = 8;

/** Paints a scene and returns what stops it. */
export function paint(context: CanvasRenderingContext2D, scene: Scene): () => void {
  const { series, frame } = scene;
  let next = 0;
  let request = 0;
  const slice = (budget: number) => {
    const until = performance.now() + budget;
    context.save();
    context.beginPath();
    context.rect(frame.left, frame.top, frame.width, frame.height);
    context.clip();
    context.lineJoin = 'round';
    while (next < series.length) {
      paintOne(context, scene, next++);
      if (next % AT_ONCE === 0 && performance.now() > until) break;
    }
    context.restore();
    if (next < series.length) request = requestAnimationFrame(() => slice(SLICE_MS));
    else paintMarks(context, scene.marks, { ...scene.look, pixelRatio: scene.pixelRatio });
  };
  slice(FIRST_SLICE_MS);
  return () => cancelAnimationFrame(request);
}

function paintOne(context: CanvasRenderingContext2D, scene: Scene, index: number): void {
  const { series, stack, frame, colours, pause } = scene;
  const one = series[index];
  if (one === undefined) return;
  const band = stack?.bands[index];
  context.strokeStyle = colours[index] ?? '';
  context.fillStyle = context.strokeStyle;
  context.lineWidth = series.length > THICK_MAX ? 1 : LINE_WIDTH * scene.pixelRatio;
  if (stack !== undefined && band !== undefined) {
    context.globalAlpha = STACKED_FILL;
    fillBetween(context, stack.times, band.lower, band.upper, frame);
    context.globalAlpha = 1;
    strokeLine(context, stack.times, band.edge, frame, pause);
    return;
  }
  // An area means something only above zero.
  if (series.length <= FILLED_MAX && frame.low <= 0 && frame.high >= 0) {
    context.globalAlpha = FILL;
    fillBelow(context, one, frame, pause);
    context.globalAlpha = 1;
  }
  strokeLine(context, one.times, one.values, frame, pause);
}

function strokeLine(
  context: CanvasRenderingContext2D,
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  frame: Frame,
  pause: number,
): void {
  context.beginPath();
  trace(context, times, values, frame, pause);
  context.stroke();
}

/** Paints one line again, thick, on a canvas above all others. */
export function paintHighlight(context: CanvasRenderingContext2D, scene: Scene, index: number): void {
  const { series, stack, frame, colours, pause } = scene;
  const one = series[index];
  if (one === undefined) return;
  const values = stack?.bands[index]?.edge ?? one.values;
  context.strokeStyle = colours[index] ?? '';
  context.lineWidth = 3 * scene.pixelRatio;
  context.lineJoin = 'round';
  strokeLine(context, stack?.times ?? one.times, values, frame, pause);
}

/** Fills what is between a line and zero; each piece of the line on its own. */
function fillBelow(
  context: CanvasRenderingContext2D,
  { times, values }: ChartSeries,
  frame: Frame,
  pause: number,
): void {
  const ground = yOf(frame, 0);
  let [start, last] = [Number.NaN, Number.NaN];
  const close = () => {
    if (Number.isNaN(start)) return;
    context.lineTo(last, ground);
    context.lineTo(start, ground);
    context.closePath();
  };
  const pen: Pen = {
    moveTo: (x, y) => {
      close();
      start = x;
      last = x;
      context.moveTo(x, y);
    },
    lineTo: (x, y) => {
      last = x;
      context.lineTo(x, y);
    },
  };
  context.beginPath();
  trace(pen, times, values, frame, pause);
  close();
  context.fill();
}

/** Fills a band: there along its upper edge and back along its lower one. */
function fillBetween(
  context: CanvasRenderingContext2D,
  times: ArrayLike<number>,
  lower: Float64Array,
  upper: Float64Array,
  frame: Frame,
): void {
  context.beginPath();
  for (let index = 0; index < times.length; index++) {
    context.lineTo(xOf(frame, times[index] as number), yOf(frame, upper[index] as number));
  }
  for (let index = times.length - 1; index >= 0; index--) {
    context.lineTo(xOf(frame, times[index] as number), yOf(frame, lower[index] as number));
  }
  context.fill();
}
