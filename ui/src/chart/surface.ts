/**
 * A plot in the page: uPlot below, the series on its canvas, and one canvas more above for what follows the pointer, so that moving the
 * pointer does not paint a thousand lines again.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Exemplar } from '../api/exemplars';
import { markAt, marksOf } from './exemplars';
import { plotOptions, type PlotSetup } from './options';
import { paint, paintHighlight, type Scene } from './paint';
import { readPalette, resolve } from './palette';
import { nearestTo, type Pointed, pointsAt } from './pointed';
import type { Span } from './scale';
import type { ChartSeries } from './series';
import type { Stack } from './stack';
import { xOf } from './trace';

/** What a plot shows. */
export interface Content {
  series: readonly ChartSeries[];
  /** The place of each series among all, which decides on its colour. */
  places: readonly number[];
  stack: Stack | undefined;
  start: number;
  end: number;
  span: Span;
  pause: number;
  exemplars: readonly Exemplar[];
}

/** What is under the pointer. */
export interface Pointer {
  /** In seconds. */
  time: number;
  /** Where the pointer is, in pixels of the page from the left and the top of the plot. */
  left: number;
  top: number;
  points: Pointed[];
  nearest: Pointed | undefined;
  /** The exemplar whose mark is under the pointer. */
  exemplar: Exemplar | undefined;
  /** Of the plot, in pixels. */
  width: number;
}

export interface SurfaceSetup extends Pick<PlotSetup, 'element' | 'height' | 'unit' | 'sync' | 'onSelect'> {
  onPointer: (pointer: Pointer | undefined) => void;
}

const DOT_RADIUS = 4;

export class Surface {
  private readonly setup: SurfaceSetup;
  private readonly colour: (place: number) => string;
  private readonly look: Scene['look'];
  private readonly observer: ResizeObserver;
  private readonly above = document.createElement('canvas');
  private plot: uPlot | undefined;
  private content: Content | undefined;
  private scene: Scene | undefined;
  private stop = () => {};

  constructor(setup: SurfaceSetup) {
    this.setup = setup;
    this.colour = readPalette(setup.element);
    this.look = { colour: resolve(setup.element, 'var(--text)'), ground: resolve(setup.element, 'var(--raised)') };
    this.above.className = 'plot-above';
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(setup.element);
  }

  show(content: Content): void {
    this.content = content;
    const data: uPlot.AlignedData = [[content.start, content.end], [...content.span]];
    if (this.plot === undefined) this.plot = this.make(data);
    else this.plot.setData(data);
  }

  private make(data: uPlot.AlignedData): uPlot {
    const { element } = this.setup;
    const options = plotOptions({
      ...this.setup,
      onDraw: (plot) => this.paint(plot),
      onPointer: (plot) => this.point(plot),
    });
    const plot = new uPlot(options, data, element);
    plot.over.append(this.above);
    return plot;
  }

  private fit(): void {
    const width = Math.max(this.setup.element.clientWidth, 50);
    if (this.plot !== undefined && this.plot.width !== width) this.plot.setSize({ width, height: this.setup.height });
  }

  private paint(plot: uPlot): void {
    const { content } = this;
    if (content === undefined) return;
    this.stop();
    const { series, places, stack, pause, start, end, exemplars } = content;
    const [low, high] = content.span;
    const frame = { ...pick(plot.bbox), start, end, low, high };
    const pixelRatio = uPlot.pxRatio;
    const marks = marksOf(exemplars, frame, pixelRatio);
    const colours = places.map(this.colour);
    this.scene = { frame, series, stack, pause, marks, look: this.look, colours, pixelRatio };
    this.stop = paint(plot.ctx, this.scene);
    this.clearAbove();
  }

  private point(plot: uPlot): void {
    const { scene } = this;
    const { left = -1, top = -1 } = plot.cursor;
    if (left < 0 || scene === undefined) {
      this.setup.onPointer(undefined);
      return;
    }
    const time = plot.posToVal(left, 'x');
    const points = pointsAt(scene, time);
    const { frame, marks, pixelRatio } = scene;
    const [x, y] = [frame.left + left * pixelRatio, frame.top + top * pixelRatio];
    const nearest = nearestTo(points, y);
    this.setup.onPointer({
      time,
      left: plot.over.offsetLeft + left,
      top: plot.over.offsetTop + top,
      points,
      nearest,
      exemplar: markAt(marks, x, y, pixelRatio)?.exemplar,
      width: plot.width,
    });
  }

  /** Moves the pointer by other means than the mouse: to a moment and, where one is given, to the height of a point; away with nothing. */
  pointAt(time: number | undefined, point?: Pointed): void {
    const { plot, scene } = this;
    if (plot === undefined || scene === undefined) return;
    if (time === undefined) {
      plot.setCursor({ left: -10, top: -10 });
      return;
    }
    const before = plot.cursor.top ?? 0;
    const top = point === undefined ? Math.max(before, 0) : (point.y - scene.frame.top) / scene.pixelRatio;
    plot.setCursor({ left: plot.valToPos(time, 'x'), top });
  }

  /** Shows the series at this index of the content, and a dot at a point of it, over all others. */
  highlight(index: number | undefined, point?: Pointed): void {
    this.clearAbove();
    const { scene } = this;
    const context = this.above.getContext('2d');
    if (scene === undefined || context === null || index === undefined) return;
    const { frame, colours, pixelRatio } = scene;
    context.save();
    context.translate(-frame.left, -frame.top);
    paintHighlight(context, scene, index);
    if (point !== undefined) {
      context.fillStyle = colours[index] ?? '';
      context.beginPath();
      context.arc(xOf(frame, point.time), point.y, DOT_RADIUS * pixelRatio, 0, 2 * Math.PI);
      context.fill();
    }
    context.restore();
  }

  private clearAbove(): void {
    const { above, scene } = this;
    // Setting the size clears the canvas, too.
    above.width = scene?.frame.width ?? 0;
    above.height = scene?.frame.height ?? 0;
  }

  /** The picture as it is, for export. */
  get canvas(): HTMLCanvasElement | undefined {
    return this.plot?.ctx.canvas;
  }

  destroy(): void {
    this.stop();
    this.observer.disconnect();
    this.plot?.destroy();
  }
}

function pick({ left, top, width, height }: uPlot.BBox): uPlot.BBox {
  return { left, top, width, height };
}
