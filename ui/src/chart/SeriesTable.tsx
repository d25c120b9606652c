/** The legend of a large graph: every series with its numbers, however many there are. A click hides or shows one. */
import { useMemo, useState } from 'preact/hooks';
import { Name } from '../components/Name';
import { type GridRow, VirtualGrid } from '../components/VirtualGrid';
import { formatCount, formatValue, plural, type Unit } from '../format/number';
import { swatch } from './palette';
import { type ChartSeries, type Digest, digest } from './series';

const ROW_HEIGHT = 24;
const HEIGHT_MAX = 264;
/** With more series than this, a filter is worth its room. */
const FILTERED_MIN = 12;

const COLUMNS = [
  { title: 'Least', of: ({ least }: Digest) => least },
  { title: 'Mean', of: ({ mean }: Digest) => mean },
  { title: 'Greatest', of: ({ greatest }: Digest) => greatest },
  { title: 'Last', of: ({ last }: Digest) => last ?? Number.NaN },
] as const;

export interface SeriesTableProps {
  series: readonly ChartSeries[];
  /** The indices of hidden series. */
  hidden: ReadonlySet<number>;
  onHide: (hidden: ReadonlySet<number>) => void;
  onHighlight: (index: number | undefined) => void;
  unit: Unit | undefined;
  label: string;
}

/** The column and the direction; the order of the answer where there is none. */
type Order = { column: number; isDown: boolean } | undefined;

export function SeriesTable({ series, hidden, onHide, onHighlight, unit, label }: SeriesTableProps) {
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<Order>();
  const listed = useMemo(() => listedOf(series, filter, order), [series, filter, order]);
  const press = (index: number, event: MouseEvent | KeyboardEvent) => {
    onHide(
      event.ctrlKey || event.metaKey || event.shiftKey ? alone(index, series.length, hidden) : toggled(index, hidden),
    );
  };
  const row = (at: number): GridRow => {
    const index = listed[at] ?? 0;
    const one = series[index];
    const known = one === undefined ? undefined : digest(one);
    const isHidden = hidden.has(index);
    return {
      key: index,
      class: isHidden ? 'series is-hidden' : 'series',
      isSelected: !isHidden,
      onClick: (event) => press(index, event),
      onEnter: (event) => press(index, event),
      onHover: () => onHighlight(isHidden ? undefined : index),
      cells: [
        <span key="name" class="series-name">
          <span class="swatch" style={{ background: swatch(index) }} />
          <Name text={one?.short ?? one?.name ?? ''} />
        </span>,
        ...COLUMNS.map(({ of }) => (known === undefined || known.count === 0 ? '–' : formatValue(of(known), unit))),
      ],
    };
  };
  return (
    <div class="series-table">
      <div class="series-tools">
        <span class="muted small">{counted(series.length, hidden.size)}</span>
        <button type="button" class="button quiet small" disabled={hidden.size === 0} onClick={() => onHide(new Set())}>
          Show all
        </button>
        <button
          type="button"
          class="button quiet small"
          disabled={hidden.size === series.length}
          onClick={() => onHide(new Set(series.keys()))}
        >
          Hide all
        </button>
        {series.length > FILTERED_MIN && (
          <>
            <input
              class="field"
              type="search"
              placeholder="Find a series"
              aria-label="Find a series"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
            {filter !== '' && (
              <button type="button" class="button quiet small" onClick={() => onHide(othersOf(listed, series.length))}>
                Show only these {formatCount(listed.length)}
              </button>
            )}
          </>
        )}
        <span class="muted small series-hint">
          Click hides or shows one; with Ctrl or Shift it shows that one alone.
        </span>
      </div>
      <VirtualGrid
        label={`Series of ${label}`}
        template="minmax(0, 1fr) repeat(4, 7em)"
        class="series-grid"
        columns={[
          { key: 'series', title: 'Series' },
          ...COLUMNS.map(({ title }, column) => ({
            key: title,
            title,
            class: 'num',
            sorted:
              order?.column === column ? (order.isDown ? ('descending' as const) : ('ascending' as const)) : undefined,
            onSort: () => setOrder(nextOrder(order, column)),
          })),
        ]}
        count={listed.length}
        row={row}
        rows={ROW_HEIGHT}
        maxHeight={HEIGHT_MAX}
        onLeave={() => onHighlight(undefined)}
      />
    </div>
  );
}

function counted(count: number, hidden: number): string {
  return hidden === 0
    ? plural(count, 'series', 'series')
    : `${formatCount(count - hidden)} of ${plural(count, 'series', 'series')} shown`;
}

/** Down first, since the greatest are what one looks for; then up; then as the answer has it. */
function nextOrder(order: Order, column: number): Order {
  if (order?.column !== column) return { column, isDown: true };
  return order.isDown ? { column, isDown: false } : undefined;
}

function listedOf(series: readonly ChartSeries[], filter: string, order: Order): number[] {
  const wanted = filter.toLowerCase();
  const all = Array.from(series.keys());
  const listed = wanted === '' ? all : all.filter((index) => series[index]?.name.toLowerCase().includes(wanted));
  const column = order === undefined ? undefined : COLUMNS[order.column];
  if (order === undefined || column === undefined) return listed;
  const keys = new Map(listed.map((index) => [index, keyOf(series[index], column.of)]));
  return listed.toSorted((a, b) => ((keys.get(a) ?? 0) - (keys.get(b) ?? 0)) * (order.isDown ? -1 : 1) || a - b);
}

/** Series without values are less than all others. */
function keyOf(series: ChartSeries | undefined, of: (known: Digest) => number): number {
  const known = series === undefined ? undefined : digest(series);
  return known === undefined || known.count === 0 ? -Number.MAX_VALUE : of(known);
}

export function toggled(index: number, hidden: ReadonlySet<number>): Set<number> {
  const next = new Set(hidden);
  if (!next.delete(index)) next.add(index);
  return next;
}

/** Hides all others; if they are hidden already, shows them again. */
export function alone(index: number, count: number, hidden: ReadonlySet<number>): Set<number> {
  if (!hidden.has(index) && hidden.size === count - 1) return new Set();
  return othersOf([index], count);
}

function othersOf(shown: readonly number[], count: number): Set<number> {
  const hidden = new Set(Array.from({ length: count }, (_, index) => index));
  for (const index of shown) hidden.delete(index);
  return hidden;
}
