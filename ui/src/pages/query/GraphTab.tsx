/** The result over a range as a graph, with all its series below. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { ChartTable } from '../../chart/ChartTable';
import { Plot, type ReadoutMode } from '../../chart/Plot';
import { SeriesTable } from '../../chart/SeriesTable';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { Segmented } from '../../components/Segmented';
import { formatCount, plural, type Unit } from '../../format/number';
import { selector } from '../../format/series';
import { oneOf, stored } from '../../state/stored';
import type { Answer } from './answer/answer';
import { ExemplarList } from './ExemplarList';
import type { Mode } from './panel';
import { Empty } from './TableTab';
import { useExemplars } from './useExemplars';

const HEIGHT = 360;
/** More series are not drawn at once: nobody can tell them apart, and it takes long. */
export const DRAWN_MAX = 1000;

const MODES = [
  { value: 'lines', text: 'Lines' },
  { value: 'stacked', text: 'Stacked' },
] as const;
const READOUTS = [
  { value: 'nearest', text: 'Nearest', title: 'The pointer shows the nearest series with its labels' },
  { value: 'all', text: 'All', title: 'The pointer shows the values of all series' },
] as const;
const VIEWS = [
  { value: 'graph', text: 'Graph' },
  { value: 'numbers', text: 'Numbers', title: 'The points of the graph as a table' },
] as const;

type Readout = Exclude<ReadoutMode, 'none'>;

const readout = stored<Readout>('query.readout', 'nearest', oneOf('nearest', 'all'));

/** What a picture of the graph is made of. */
export interface Drawn {
  canvas: HTMLCanvasElement | undefined;
  shown: readonly number[];
}

export interface GraphTabProps {
  answer: Answer;
  expr: string;
  start: number;
  end: number;
  mode: Mode;
  /** Exemplars are marked, and listed below. */
  hasExemplars: boolean;
  unit: Unit;
  label: string;
  onExplain: () => void;
  onMode: (mode: Mode) => void;
  onExemplars: (hasExemplars: boolean) => void;
  onZoom: (start: number, end: number) => void;
  /** Is given what is drawn, for export. */
  drawn: { current: (() => Drawn) | undefined };
}

export function GraphTab(props: GraphTabProps) {
  const { answer, expr, start, end, mode, hasExemplars, unit, label, onExplain, onMode, onExemplars, onZoom, drawn } =
    props;
  const { series } = answer;
  const [hidden, setHidden] = useHidden(answer);
  const [isAll, drawAll] = useState(false);
  const [highlighted, highlight] = useState<number>();
  const [view, setView] = useState<'graph' | 'numbers'>('graph');
  const canvas = useRef<() => HTMLCanvasElement | undefined>();
  const visible = useMemo(() => series.flatMap((_, index) => (hidden.has(index) ? [] : [index])), [series, hidden]);
  const shown = useMemo(() => (isAll ? visible : visible.slice(0, DRAWN_MAX)), [visible, isAll]);
  const exemplars = useExemplars(hasExemplars, { expr, start, end, answered: answer });
  drawn.current = () => ({ canvas: view === 'graph' ? canvas.current?.() : undefined, shown });
  if (series.length === 0) return <Empty onExplain={onExplain} />;
  return (
    <div class="graph-tab">
      <div class="graph-tools">
        <Segmented label="How series are drawn" value={mode} options={MODES} onChange={onMode} />
        <Segmented<Readout>
          label="What the pointer shows"
          value={readout.value}
          options={READOUTS}
          onChange={(value) => (readout.value = value)}
        />
        <Segmented<'graph' | 'numbers'> label="Graph or its numbers" value={view} options={VIEWS} onChange={setView} />
        <button
          type="button"
          class="button small"
          aria-pressed={hasExemplars}
          title="Single observations with labels of their own, such as the ID of a trace"
          onClick={() => onExemplars(!hasExemplars)}
        >
          Exemplars
        </button>
      </div>
      <Histograms answer={answer} />
      {view === 'graph' ? (
        <Plot
          series={series}
          shown={shown}
          start={start}
          end={end}
          height={HEIGHT}
          stacked={mode === 'stacked'}
          unit={unit}
          label={label}
          readout={readout.value}
          // On top of each other, series have no values to compare with.
          exemplars={mode === 'stacked' ? undefined : exemplars.list}
          highlighted={highlighted !== undefined && shown.includes(highlighted) ? highlighted : undefined}
          canvas={canvas}
          onZoom={onZoom}
        />
      ) : (
        <ChartTable series={shown.flatMap((index) => series[index] ?? [])} unit={unit} height={HEIGHT} label={label} />
      )}
      {visible.length > shown.length && (
        <p class="left-out" role="note">
          <Icon name="info" />
          <span>
            The first {formatCount(shown.length)} of {plural(visible.length, 'series', 'series')} are drawn; all are in
            the list below.
          </span>
          <button type="button" class="button small" onClick={() => drawAll(true)}>
            Draw all
          </button>
        </p>
      )}
      {hasExemplars && <ExemplarList exemplars={exemplars} unit={unit} label={label} />}
      <Shared answer={answer} />
      <SeriesTable
        series={series}
        hidden={hidden}
        onHide={setHidden}
        onHighlight={highlight}
        unit={unit}
        label={label}
      />
    </div>
  );
}

/** Which series are hidden. They are known by their names, so that they stay hidden when the same query is asked again. */
function useHidden({ series }: Answer): [ReadonlySet<number>, (hidden: ReadonlySet<number>) => void] {
  const [names, setNames] = useState<ReadonlySet<string>>(new Set());
  const hidden = useMemo(
    () => new Set(names.size === 0 ? [] : series.flatMap(({ name }, index) => (names.has(name) ? [index] : []))),
    [series, names],
  );
  const hide = (indices: ReadonlySet<number>) =>
    setNames(new Set(Array.from(indices, (index) => series[index]?.name ?? '')));
  return [hidden, hide];
}

/** What all series have in common, once instead of in each row. */
function Shared({ answer: { shared } }: { answer: Answer }) {
  if (Object.keys(shared).length === 0) return null;
  return (
    <p class="shared small">
      <span class="muted">All have </span>
      <Name text={selector(shared)} code />
    </p>
  );
}

/** A line has one value at each moment; a native histogram is none. */
function Histograms({ answer: { series } }: { answer: Answer }) {
  const count = useMemo(
    () => series.reduce((sum, { histograms }) => sum + (histograms.length > 0 ? 1 : 0), 0),
    [series],
  );
  if (count === 0) return null;
  return (
    <p class="left-out" role="note">
      <Icon name="info" />
      <span>
        {plural(count, 'series holds', 'series hold')} native histograms, which cannot be drawn as lines: use
        histogram_quantile(…), histogram_avg(…) or histogram_count(…).
      </span>
    </p>
  );
}
