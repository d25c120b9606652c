/**
 * Series over time, drawn on a canvas. The pointer reads values off, a drag zooms in; for the keyboard the plot is a slider over time,
 * and for those who do not see it there is a summary in a sentence.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Exemplar } from '../api/exemplars';
import type { Unit } from '../format/number';
import { formatMoment } from '../format/time';
import { theme } from '../state/theme';
import { zone } from '../state/zone';
import { onKey } from './keyboard';
import { Readout, readoutText } from './Readout';
import { extent, scaleOf } from './scale';
import { type ChartSeries, longestPause } from './series';
import { stack } from './stack';
import { summary } from './summary';
import { type Content, type Pointer, Surface } from './surface';
import './chart.css';

export type ReadoutMode = 'none' | 'nearest' | 'all';

export interface PlotProps {
  series: readonly ChartSeries[];
  /** Indices of the series that are drawn; all where it is missing. */
  shown?: readonly number[] | undefined;
  /** In seconds since 1970. */
  start: number;
  end: number;
  /** In pixels. */
  height: number;
  stacked?: boolean | undefined;
  unit?: Unit | undefined;
  /** Names the plot for those who do not see it. */
  label: string;
  onZoom?: ((start: number, end: number) => void) | undefined;
  /** Plots with one key share the line that follows the pointer. */
  sync?: string | undefined;
  /** The scale always begins at zero. */
  fromZero?: boolean;
  /** Are marked over the series. */
  exemplars?: readonly Exemplar[] | undefined;
  /** What is shown beside the pointer. */
  readout?: ReadoutMode;
  /** The index of a series that stands out. */
  highlighted?: number | undefined;
  /** Called with the moment under the pointer. */
  onPoint?: (time: number | undefined) => void;
  /** Is given the canvas, for export. */
  canvas?: { current: (() => HTMLCanvasElement | undefined) | undefined };
}

const NO_EXEMPLARS: readonly Exemplar[] = [];

export function Plot(props: PlotProps) {
  const { series, start, end, height, unit, label, sync, readout = 'none', highlighted } = props;
  const box = useRef<HTMLDivElement>(null);
  const surface = useRef<Surface>();
  const latest = useRef(props);
  latest.current = props;
  const [pointer, setPointer] = useState<Pointer>();
  const content = useContent(props);
  const look = `${theme.value} ${zone.value} ${useSystemTheme()}`;

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const onPointer = (now: Pointer | undefined) => {
      setPointer(now);
      latest.current.onPoint?.(now?.time);
    };
    const made = new Surface({
      element,
      height,
      unit,
      sync,
      onPointer,
      onSelect: (from, to) => latest.current.onZoom?.(from, to),
    });
    surface.current = made;
    if (latest.current.canvas !== undefined) latest.current.canvas.current = () => made.canvas;
    return () => made.destroy();
  }, [height, unit, sync, look]);

  useEffect(() => surface.current?.show(content), [content, height, unit, sync, look]);

  const isReading = readout !== 'none';
  useEffect(() => {
    if (highlighted !== undefined) surface.current?.highlight(content.places.indexOf(highlighted));
    else if (isReading) surface.current?.highlight(pointer?.nearest?.index, pointer?.nearest);
    else surface.current?.highlight(undefined);
  }, [highlighted, pointer, isReading, content]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (surface.current !== undefined)
      onKey(event, { surface: surface.current, content, pointer, onZoom: props.onZoom });
  };
  const onBlur = () => surface.current?.pointAt(undefined);
  return (
    <div class="plot">
      <div
        ref={box}
        class="plot-box"
        style={{ minHeight: `${height}px` }}
        role="img"
        aria-label={summary(label, series, start, end, unit)}
      />
      <div
        class="plot-keys"
        role="slider"
        tabIndex={0}
        aria-label={`Moment in ${label}`}
        aria-valuemin={start}
        aria-valuemax={end}
        aria-valuenow={pointer?.time ?? end}
        aria-valuetext={
          pointer === undefined
            ? 'none'
            : `${formatMoment(pointer.time * 1000)}: ${readoutText(pointer, content.series, unit)}`
        }
        onKeyDown={onKeyDown}
        onBlur={onBlur}
      />
      {isReading && pointer !== undefined && <Readout mode={readout} pointer={pointer} content={content} unit={unit} />}
    </div>
  );
}

/** What is drawn; stays the same object while nothing of it changes, because a new one is painted anew. */
function useContent(props: PlotProps): Content {
  const { series, shown, start, end, stacked = false, fromZero = false, exemplars = NO_EXEMPLARS } = props;
  return useMemo(() => {
    const places = shown ?? series.map((_, index) => index);
    const drawn = shown === undefined ? series : shown.flatMap((place) => series[place] ?? []);
    const stacks = stacked ? stack(drawn) : undefined;
    const [least, greatest] = stacks === undefined ? extent(drawn) : [stacks.least, stacks.greatest];
    const span = scaleOf(
      fromZero && least <= greatest ? [Math.min(least, 0), Math.max(greatest, 0)] : [least, greatest],
    );
    return { series: drawn, places, stack: stacks, start, end, span, pause: longestPause(drawn), exemplars };
  }, [series, shown, start, end, stacked, fromZero, exemplars]);
}

/** Changes when the system turns dark or light, upon which the colours have to be read again. */
function useSystemTheme(): boolean {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setDark(media.matches);
    media.addEventListener('change', onChange);
    return () => media.removeEventListener('change', onChange);
  }, []);
  return isDark;
}
