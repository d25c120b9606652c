/** The keys of a plot: arrows move through time and series, plus and minus zoom. */
import type { Pointed } from './pointed';
import { firstFrom, momentsOf } from './series';
import type { Content, Pointer, Surface } from './surface';

export interface Keyed {
  surface: Surface;
  content: Content;
  pointer: Pointer | undefined;
  onZoom: ((start: number, end: number) => void) | undefined;
}

/** How many points an arrow key moves with Shift. */
const LEAP = 10;
/** A key zooms in to this share of the range, or out to its inverse. */
const ZOOM = 0.5;
/** Where a zoom begins if no moment is pointed at: the present, which is at the right. */
const SHORTEST_ZOOM_S = 1;

export function onKey(event: KeyboardEvent, keyed: Keyed): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = ACTIONS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act(keyed, event.shiftKey);
}

const ACTIONS: Readonly<Record<string, (keyed: Keyed, isShift: boolean) => void>> = {
  ArrowLeft: (keyed, isShift) => step(keyed, isShift ? -LEAP : -1),
  ArrowRight: (keyed, isShift) => step(keyed, isShift ? LEAP : 1),
  ArrowUp: (keyed) => climb(keyed, -1),
  ArrowDown: (keyed) => climb(keyed, 1),
  Home: (keyed) => step(keyed, -Infinity),
  End: (keyed) => step(keyed, Infinity),
  '+': (keyed) => zoom(keyed, ZOOM),
  '=': (keyed) => zoom(keyed, ZOOM),
  '-': (keyed) => zoom(keyed, 1 / ZOOM),
  Escape: ({ surface }) => surface.pointAt(undefined),
};

/** Moves by so many points in time; from nowhere, to the last one. */
function step({ surface, content, pointer }: Keyed, by: number): void {
  const moments = momentsOf(content.series);
  if (moments.length === 0) return;
  const here = pointer === undefined ? moments.length : nearest(moments, pointer.time);
  const to = Math.min(Math.max(here + by, 0), moments.length - 1);
  surface.pointAt(
    moments[to],
    pointer?.points.find(({ index }) => index === pointer.nearest?.index),
  );
}

function nearest(moments: ArrayLike<number>, time: number): number {
  const after = firstFrom(moments, time);
  const before = Math.max(after - 1, 0);
  return after < moments.length && (moments[after] as number) - time < time - (moments[before] as number)
    ? after
    : before;
}

/** Moves to the next point above or below at the same moment. */
function climb({ surface, pointer }: Keyed, by: number): void {
  if (pointer?.nearest === undefined) return;
  const points: Pointed[] = pointer.points.toSorted((a, b) => a.y - b.y || a.index - b.index);
  const next = points[points.findIndex(({ index }) => index === pointer.nearest?.index) + by];
  if (next !== undefined) surface.pointAt(pointer.time, next);
}

function zoom({ content, pointer, onZoom }: Keyed, share: number): void {
  const { start, end } = content;
  const middle = pointer?.time ?? (share < 1 ? end : (start + end) / 2);
  const half = Math.max(((end - start) * share) / 2, SHORTEST_ZOOM_S / 2);
  const from = share < 1 ? Math.min(Math.max(middle - half, start), end - 2 * half) : middle - half;
  onZoom?.(from, from + 2 * half);
}
