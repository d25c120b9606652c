/** How high the items of a list are: measured where they were in sight, guessed by their kind where they were not. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

/** What is assumed of a kind before one of it was seen, in pixels. */
const FIRST_GUESS = 44;
/** Measurements of items that are gone are forgotten when they are this many more than there are items. */
const FORGOTTEN_AFTER = 1000;

export interface ListItems {
  keys: readonly string[];
  /** Items of one kind are about equally high. */
  kind: (index: number) => string;
}

/** Where each item begins, and where the last one ends; kept up to date with the items that are children of `box`. */
export function useTops(box: { current: HTMLElement | null }, items: ListItems): Float64Array {
  const { keys } = items;
  const indexes = useMemo(() => new Map(keys.map((key, index) => [key, index])), [keys]);
  const byKey = useRef(new Map<string, number>()).current;
  const byKind = useRef(new Map<string, number>()).current;
  const [version, setVersion] = useState(0);
  const width = useRef(0);
  // The observer outlives renderings, and what it calls has to know the latest items.
  const measure = useRef<(elements: Iterable<Element>) => void>(() => {});

  measure.current = (elements) => {
    let isChanged = false;
    for (const element of elements) {
      if (!(element instanceof HTMLElement) || !element.isConnected || element.dataset.away !== undefined) continue;
      const key = element.dataset.item ?? '';
      const index = indexes.get(key);
      const height = element.offsetHeight;
      if (index === undefined || byKey.get(key) === height) continue;
      byKey.set(key, height);
      byKind.set(items.kind(index), height);
      isChanged = true;
    }
    if (isChanged) setVersion((before) => before + 1);
  };

  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    // In a window of another width, nothing is as high as it was.
    if (width.current !== list.clientWidth) {
      width.current = list.clientWidth;
      byKey.clear();
    }
    measure.current(list.children);
  });
  useEffect(() => watchSizes(box.current, (elements) => measure.current(elements)), []);

  return useMemo(() => {
    if (byKey.size > keys.length + FORGOTTEN_AFTER) byKey.clear();
    const tops = new Float64Array(keys.length + 1);
    for (const [index, key] of keys.entries()) {
      tops[index + 1] = (tops[index] ?? 0) + (byKey.get(key) ?? byKind.get(items.kind(index)) ?? FIRST_GUESS);
    }
    return tops;
  }, [keys, version]);
}

/** Calls `onChange` with the children of an element whose size changes, those that come later included. */
function watchSizes(list: HTMLElement | null, onChange: (elements: Element[]) => void): (() => void) | undefined {
  if (list === null) return undefined;
  const sizes = new ResizeObserver((entries) => onChange(entries.map(({ target }) => target)));
  const children = new MutationObserver((records) => {
    for (const { addedNodes, removedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element) sizes.observe(node);
      for (const node of removedNodes) if (node instanceof Element) sizes.unobserve(node);
    }
  });
  for (const child of list.children) sizes.observe(child);
  children.observe(list, { childList: true });
  return () => {
    children.disconnect();
    sizes.disconnect();
  };
}
