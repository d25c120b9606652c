/** How uPlot is set up: it keeps the scales, the axes and the pointer; the series are painted by `paint`. */
import uPlot from 'uplot';
import type { Unit } from '../format/number';
import { zone } from '../state/zone';
import { resolve } from './palette';
import { incrementsOf, timeTicks, valueTicks } from './ticks';

export interface PlotSetup {
  element: HTMLElement;
  height: number;
  unit: Unit | undefined;
  /** Charts with one key share the line that follows the pointer. */
  sync: string | undefined;
  /** Called when scales and axes are drawn; the series come next. */
  onDraw: (plot: uPlot) => void;
  /** Called when the pointer has moved or left. */
  onPointer: (plot: uPlot) => void;
  /** Called with a range that was dragged over, in seconds. */
  onSelect: (start: number, end: number) => void;
}

/** Room for one label of each axis, in pixels. */
const TIME_LABEL_WIDTH = 64;
const VALUE_LABEL_HEIGHT = 26;
const VALUE_LABEL_HEIGHT_TALL = 40;
/** From this height on, a plot is tall. */
const TALL = 200;
/** The axis of values grows in steps of this, so that it does not twitch with each refresh. In pixels. */
const AXIS_STEP = 8;
/** A shorter drag is a click that slipped. In pixels. */
const SHORTEST_DRAG = 5;

export function plotOptions(setup: PlotSetup): uPlot.Options {
  const { element, height, sync } = setup;
  return {
    width: Math.max(element.clientWidth, 50),
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    tzDate: (seconds) =>
      zone.peek() === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000),
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      ...(sync === undefined ? {} : { sync: { key: sync, setSeries: false } }),
    },
    // The data are only the corners of the picture, so the scales are what the data say.
    scales: {
      x: { time: true, range: (_, low, high) => [low, high] },
      y: { range: (_, low, high) => [low ?? 0, high ?? 1] },
    },
    axes: axes(setup),
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: {
      draw: [setup.onDraw],
      setCursor: [setup.onPointer],
      setSelect: [(plot) => select(plot, setup.onSelect)],
    },
  };
}

function axes({ element, unit, height }: PlotSetup): uPlot.Axis[] {
  const stroke = resolve(element, 'var(--text-muted)');
  const grid = { stroke: resolve(element, 'var(--grid)'), width: 1 };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const incrs = incrementsOf(unit);
  return [
    {
      stroke,
      font,
      grid: { show: false },
      ticks: { ...grid, size: 4 },
      size: 24,
      gap: 4,
      space: TIME_LABEL_WIDTH,
      values: (_, splits, __, ___, increment) => timeTicks(splits, increment),
    },
    {
      stroke,
      font,
      grid,
      ticks: { show: false },
      gap: 6,
      space: height < TALL ? VALUE_LABEL_HEIGHT : VALUE_LABEL_HEIGHT_TALL,
      size: (plot, values) => labelWidth(plot, values, font),
      values: (_, splits) => valueTicks(splits, unit),
      ...(incrs === undefined ? {} : { incrs }),
    },
  ];
}

/** The axis is a little wider than its widest label. */
function labelWidth(plot: uPlot, values: string[] | null, font: string): number {
  if (values === null) return 5 * AXIS_STEP;
  plot.ctx.save();
  plot.ctx.font = font;
  const widest = Math.max(...values.map((value) => plot.ctx.measureText(value).width));
  plot.ctx.restore();
  return Math.ceil((widest + 12) / AXIS_STEP) * AXIS_STEP;
}

function select(plot: uPlot, onSelect: PlotSetup['onSelect']): void {
  const { left, width } = plot.select;
  if (width >= SHORTEST_DRAG) onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
