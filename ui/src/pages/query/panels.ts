/** The panels of the page. The address is where they are kept: reloading, going back and sending the address to somebody all work. */
import { computed } from '@preact/signals';
import { href, navigate, query } from '../../router';
import { decodePanels, encodePanels, PANELS_MAX } from './address';
import { DEFAULT_PANEL, type Panel } from './panel';

const PATH = '/query';

/** Identifies a panel while the page is open: the state of its editor and its answer stay with it when others are removed. */
let ids: number[] = [];
let nextId = 0;

export interface Placed {
  id: number;
  panel: Panel;
}

export const panels = computed<readonly Placed[]>(() => {
  const found = decodePanels(query.value);
  if (found.length === 0) found.push(DEFAULT_PANEL);
  while (ids.length < found.length) ids.push(nextId++);
  ids = ids.slice(0, found.length);
  return found.map((panel, index) => ({ id: ids[index] ?? index, panel }));
});

export const isFull = computed(() => panels.value.length >= PANELS_MAX);

/** Changes a panel. `replace` leaves no entry in the browser's history. */
export function changePanel(id: number, change: Partial<Panel>, options?: { replace?: boolean }): void {
  write(
    panels.peek().map((placed) => (placed.id === id ? { ...placed, panel: { ...placed.panel, ...change } } : placed)),
    options,
  );
}

/** Adds a panel below all others, with the range and the end of the last one. */
export function addPanel(): void {
  const { rangeS, endS, resolution, tab } = panels.peek().at(-1)?.panel ?? DEFAULT_PANEL;
  write([...panels.peek(), { id: nextId++, panel: { ...DEFAULT_PANEL, tab, rangeS, endS, resolution } }]);
}

/** Puts a copy below a panel, with this expression. */
export function duplicatePanel(id: number, expr: string): void {
  write(
    panels
      .peek()
      .flatMap((placed) =>
        placed.id === id ? [placed, { id: nextId++, panel: { ...placed.panel, expr } }] : [placed],
      ),
  );
}

/** Removes a panel; an empty one takes the place of the last. */
export function removePanel(id: number): void {
  const rest = panels.peek().filter((placed) => placed.id !== id);
  write(rest.length > 0 ? rest : [{ id: nextId++, panel: DEFAULT_PANEL }]);
}

function write(list: readonly Placed[], options?: { replace?: boolean }): void {
  ids = list.map(({ id }) => id);
  navigate(`${href(PATH)}?${encodePanels(list.map(({ panel }) => panel))}`, options);
}
