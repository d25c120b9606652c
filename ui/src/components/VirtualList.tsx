/**
 * A list of any length that scrolls with the page: only the items in sight are in it. Items may be of different heights.
 *
 * The up and down arrows, Home and End move between items: from the first thing in one that takes the focus to that of another.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useTops } from './heights';
import './virtual-list.css';

export interface VirtualListProps {
  label: string;
  /** A short text for each item, each different; it says which items stay when the list changes. */
  keys: readonly string[];
  /** Items of one kind are about equally high. */
  kind: (index: number) => string;
  renderItem: (index: number) => ComponentChildren;
  class?: string;
}

/** How far beyond the window's edges there are items, in pixels. */
const MARGIN = 500;
/** Below what stays at the top of the window, in pixels. */
const TOP_ROOM = 64;

interface Range {
  first: number;
  last: number;
}

export function VirtualList(props: VirtualListProps) {
  const { label, keys, renderItem } = props;
  const box = useRef<HTMLUListElement>(null);
  const tops = useTops(box, props);
  const [{ first, last }, setRange] = useState<Range>({ first: 0, last: 0 });
  const [focused, setFocused] = useState<string>();
  const dueFocus = useRef<string | undefined>();

  const update = () => {
    const next = rangeOf(box.current, tops);
    setRange((before) => (before.first === next.first && before.last === next.last ? before : next));
  };
  useLayoutEffect(update, [tops]);
  useEffect(() => {
    addEventListener('scroll', update, { passive: true });
    addEventListener('resize', update);
    return () => {
      removeEventListener('scroll', update);
      removeEventListener('resize', update);
    };
  }, [tops]);
  useLayoutEffect(() => {
    if (dueFocus.current === undefined) return;
    const found = box.current?.querySelector<HTMLElement>(
      `:scope > [data-item="${dueFocus.current}"]:not([data-away])`,
    );
    if (found === undefined || found === null) return;
    dueFocus.current = undefined;
    found.querySelector<HTMLElement>('button, a')?.focus({ preventScroll: true });
    showWhole(found);
  });

  const go = (index: number) => {
    const to = Math.min(Math.max(index, 0), keys.length - 1);
    const list = box.current;
    if (list === null) return;
    dueFocus.current = keys[to];
    setFocused(keys[to]);
    // An item that is out of sight comes into the page when the window has moved to it.
    if (to < first || to >= last) scrollBy(0, (tops[to] ?? 0) + list.getBoundingClientRect().top - innerHeight / 2);
  };
  const onFocus = (event: FocusEvent) => {
    // Whoever goes elsewhere meanwhile is not called back.
    dueFocus.current = undefined;
    setFocused(keyAround(event.target as Element));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return;
    // A key that is held down is faster than the focus, which waits for its item.
    const at = keys.indexOf(dueFocus.current ?? keyAround(event.target) ?? '');
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: keys.length - 1 }[event.key];
    // Where something else in an item has the focus, the keys scroll it; a dialog of an item lies over the list.
    if (to === undefined || at < 0 || !event.target.matches('button, a') || event.target.closest('dialog')) return;
    event.preventDefault();
    go(to);
  };

  return (
    // The keys are those of the items, which bubble up to here; the focus is in the items.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <ul
      ref={box}
      class={`virtual-list ${props.class ?? ''}`}
      aria-label={label}
      style={{ minHeight: `${tops[keys.length] ?? 0}px`, paddingTop: `${tops[first] ?? 0}px` }}
      onKeyDown={onKeyDown}
      onFocusCapture={onFocus}
    >
      {shown(keys, first, last, focused).map((index) => (
        <li
          key={keys[index]}
          data-item={keys[index]}
          data-away={index < first || index >= last ? '' : undefined}
          aria-setsize={keys.length}
          aria-posinset={index + 1}
        >
          {renderItem(index)}
        </li>
      ))}
    </ul>
  );
}

function keyAround(element: Element): string | undefined {
  return element.closest<HTMLElement>('[data-item]')?.dataset.item;
}

/** The items to draw: those in the range, and the one that has the focus, which would otherwise be lost. */
function shown(keys: readonly string[], first: number, last: number, focused: string | undefined): number[] {
  const inside = Array.from(
    { length: Math.max(Math.min(last, keys.length) - first, 0) },
    (_, offset) => first + offset,
  );
  const away = focused === undefined ? -1 : keys.indexOf(focused);
  if (away < 0 || (away >= first && away < last)) return inside;
  return away < first ? [away, ...inside] : [...inside, away];
}

/** Scrolls as little as is needed. */
function showWhole(element: HTMLElement): void {
  const { top, bottom } = element.getBoundingClientRect();
  if (top < TOP_ROOM) scrollBy(0, top - TOP_ROOM);
  else if (bottom > innerHeight) scrollBy(0, Math.min(bottom - innerHeight, top - TOP_ROOM));
}

function rangeOf(list: HTMLElement | null, tops: Float64Array): Range {
  if (list === null) return { first: 0, last: 0 };
  const { top } = list.getBoundingClientRect();
  const first = Math.max(place(tops, -top - MARGIN) - 1, 0);
  return { first, last: Math.min(place(tops, innerHeight - top + MARGIN), tops.length - 1) };
}

/** The first item that begins at `y` or below. */
function place(tops: Float64Array, y: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
