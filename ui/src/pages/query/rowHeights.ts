/** How high the rows of a table are: as many lines as the names of the series will take, told from their length without drawing them. */
import type { AnswerSeries } from './answer/answer';

const LINE_HEIGHT = 20;
const ROW_PADDING = 9;
/** A longer name is cut; it can be copied whole. */
const LINES_MAX = 6;
/** Width of a character in the font for code, in pixels, and with what is lost where lines break. */
const CHAR_WIDTH = 7.3;
const CHAR_WIDTH_BROKEN = 8.2;
/** What JSON writes and PromQL does not for the name of a metric; for each label it is a character more. */
const METRIC_OVERHEAD = 14;
/** Room beside the name: the value, the button and the distances, in pixels. */
const BESIDE = 236;
/** In a table that is narrower than this the value stands below the name. In pixels. */
export const NARROW = 560;
const BESIDE_NARROW = 52;

/** Where each row begins, in this order of the series, and where the last one ends. */
export function topsOf(series: readonly AnswerSeries[], order: ArrayLike<number>, width: number): Float64Array {
  const isNarrow = width < NARROW;
  const room = Math.max(width - (isNarrow ? BESIDE_NARROW : BESIDE), 100);
  // The series of one answer have about the same labels.
  const labels = Object.keys(series[0]?.labels ?? {});
  const overhead = labels.length + (labels.includes('__name__') ? METRIC_OVERHEAD : 0);
  const tops = new Float64Array(order.length + 1);
  for (let row = 0; row < order.length; row++) {
    const lines = linesOf((series[order[row] as number]?.lengthInJson ?? 0) - overhead, room) + (isNarrow ? 1 : 0);
    tops[row + 1] = (tops[row] as number) + lines * LINE_HEIGHT + ROW_PADDING;
  }
  return tops;
}

/** Other labels are about as long in JSON as in PromQL. */
function linesOf(length: number, room: number): number {
  if (length * CHAR_WIDTH <= room) return 1;
  return Math.min(Math.max(Math.ceil((length * CHAR_WIDTH_BROKEN) / room), 2), LINES_MAX);
}
