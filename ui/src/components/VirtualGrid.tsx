/**
 * A table of any length: only the rows in sight are in the page. For the keyboard it is one stop: arrows,
 * Page Up, Page Down, Home and End move between rows, and left and right between the buttons in a row.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import './virtual-grid.css';

export interface GridColumn {
  key: string;
  title: ComponentChildren;
  class?: string;
  /** How the rows are sorted by this column, if they are. */
  sorted?: 'ascending' | 'descending' | undefined;
  onSort?: () => void;
}

export interface GridRow {
  key: string | number;
  cells: readonly ComponentChildren[];
  class?: string;
  isSelected?: boolean;
  onClick?: (event: MouseEvent) => void;
  /** Enter or the space bar on the row. */
  onEnter?: (event: KeyboardEvent) => void;
  onHover?: () => void;
}

export interface VirtualGridProps {
  label: string;
  columns: readonly GridColumn[];
  /** CSS's `grid-template-columns`. */
  template: string;
  count: number;
  row: (index: number) => GridRow;
  /** The height of every row in pixels, or where each row begins and, one entry more, where the last one ends. */
  rows: number | Float64Array;
  /** Of the rows in sight, in pixels. */
  maxHeight: number;
  class?: string;
  onLeave?: () => void;
}

/** Rows beyond the edges, so that scrolling shows no gaps. */
const MARGIN_ROWS = 6;
/** Of the row of titles, which stays in sight. In pixels. */
const HEAD_HEIGHT = 24;

export function VirtualGrid(props: VirtualGridProps) {
  const { label, columns, template, count, row, rows, maxHeight, onLeave } = props;
  const view = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const [active, setActive] = useState(0);
  const isFocusDue = useRef(false);
  const whole = topOf(rows, count);
  const height = Math.min(maxHeight, whole);
  const top = Math.min(scrolled, Math.max(whole - height, 0));
  const first = Math.max(rowAt(rows, top) - MARGIN_ROWS, 0);
  const last = Math.min(rowAt(rows, top + height) + 1 + MARGIN_ROWS, count);
  // The row that Tab goes to has to be one that is there.
  const stop = active >= first && active < last ? active : Math.min(rowAt(rows, top), count - 1);

  useLayoutEffect(() => {
    if (!isFocusDue.current) return;
    isFocusDue.current = false;
    view.current?.querySelector<HTMLElement>(`[data-row="${active}"]`)?.focus({ preventScroll: true });
  });

  const go = (index: number) => {
    const to = Math.min(Math.max(index, 0), count - 1);
    const element = view.current;
    if (element === null) return;
    if (topOf(rows, to) < element.scrollTop) element.scrollTop = topOf(rows, to);
    else if (topOf(rows, to + 1) > element.scrollTop + height) element.scrollTop = topOf(rows, to + 1) - height;
    isFocusDue.current = true;
    setScrolled(element.scrollTop);
    setActive(to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(rowAt(rows, top + height) - rowAt(rows, top) - 1, 1);
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity }[
      event.key
    ];
    if (step !== undefined) {
      event.preventDefault();
      go(stop + step);
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') moveInRow(event);
  };

  return (
    // The rows take the focus, one of them at a time.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      class={`grid ${props.class ?? ''}`}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-multiselectable={true}
      onMouseLeave={onLeave}
    >
      <div
        ref={view}
        class="grid-view"
        role="presentation"
        style={{ maxHeight: `${height + HEAD_HEIGHT}px` }}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      >
        <div
          class="grid-head"
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template, height: `${HEAD_HEIGHT}px` }}
        >
          {columns.map((column) => (
            <div key={column.key} role="columnheader" class={column.class} aria-sort={column.sorted}>
              {column.onSort === undefined ? column.title : <SortButton column={column} />}
            </div>
          ))}
        </div>
        {/* The keys are those of the rows, which bubble up to here. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div
          role="rowgroup"
          style={{ height: `${whole}px`, paddingTop: `${topOf(rows, first)}px` }}
          onKeyDown={onKeyDown}
        >
          {Array.from({ length: Math.max(last - first, 0) }, (_, offset) => {
            const of = row(first + offset);
            return (
              <Row
                key={of.key}
                columns={columns}
                index={first + offset}
                of={of}
                template={template}
                height={topOf(rows, first + offset + 1) - topOf(rows, first + offset)}
                isStop={first + offset === stop}
                onFocus={setActive}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function topOf(rows: number | Float64Array, index: number): number {
  return typeof rows === 'number' ? index * rows : (rows[index] ?? 0);
}

/** The row that covers a height. */
function rowAt(rows: number | Float64Array, y: number): number {
  if (typeof rows === 'number') return Math.floor(y / rows);
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle] as number) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

function SortButton({ column }: { column: GridColumn }) {
  return (
    <button type="button" class="grid-sort" onClick={column.onSort}>
      {column.title}
      <span aria-hidden="true">{column.sorted === undefined ? '' : column.sorted === 'ascending' ? ' ↑' : ' ↓'}</span>
    </button>
  );
}

interface RowProps {
  columns: readonly GridColumn[];
  index: number;
  of: GridRow;
  template: string;
  height: number;
  isStop: boolean;
  onFocus: (index: number) => void;
}

function Row({ columns, index, of, template, height, isStop, onFocus }: RowProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    // Keys on a button in the row are the button's.
    if (
      event.target !== event.currentTarget ||
      (event.key !== 'Enter' && event.key !== ' ') ||
      of.onEnter === undefined
    )
      return;
    event.preventDefault();
    of.onEnter(event);
  };
  return (
    <div
      class={`grid-row ${of.class ?? ''}`}
      role="row"
      data-row={index}
      aria-rowindex={index + 2}
      aria-selected={of.isSelected}
      tabIndex={isStop ? 0 : -1}
      style={{ gridTemplateColumns: template, height: `${height}px` }}
      onClick={of.onClick}
      onKeyDown={onKeyDown}
      onMouseEnter={of.onHover}
      onFocus={() => {
        onFocus(index);
        of.onHover?.();
      }}
    >
      {columns.map(({ key }, column) => (
        <div key={key} role="gridcell">
          {of.cells[column]}
        </div>
      ))}
    </div>
  );
}

/** Moves the focus between the row and what can be pressed in it. */
function moveInRow(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const row = target.closest<HTMLElement>('[data-row]');
  if (row === null) return;
  const stops = [row, ...row.querySelectorAll<HTMLElement>('button, a')];
  const next = stops[stops.indexOf(target) + (event.key === 'ArrowRight' ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
