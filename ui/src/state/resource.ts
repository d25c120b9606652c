/**
 * Data that a page shows and keeps fresh.
 *
 * A resource is named by a key; components that use one key share one request. It keeps the last good value while it asks again and when
 * asking fails, so that nothing jumps; it stops while no component uses it or the page is hidden, and asks at once when the page is
 * looked at again or the server comes back.
 */
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Failure, Outcome } from '../api/failure';
import { comebacks } from './connection';

export interface Snapshot<T> {
  /** The last good value. */
  value?: T;
  /** Why the last attempt failed, if it did. */
  failure?: Failure;
  /** What the server remarked about the value. */
  warnings?: string[];
  /** When the value came, in milliseconds. */
  at?: number;
}

export type Load<T> = (signal: AbortSignal) => Promise<Outcome<T>>;

interface Entry<T> {
  snapshot: Signal<Snapshot<T>>;
  users: number;
  load: Load<T>;
  everyMs: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
  request?: AbortController | undefined;
}

/** How many values are kept for pages that are not shown. */
const KEPT_MAX = 100;

const entries = new Map<string, Entry<unknown>>();

/**
 * The value behind `key`, asked for by `load` now and then every `everyMs` (0: once). While the value of a new key is on its way, the
 * value of the key before is returned. An undefined key asks for nothing.
 */
export function useResource<T>(key: string | undefined, load: Load<T>, everyMs = 0): Snapshot<T> {
  const before = useRef<Snapshot<T>>({});
  const snapshot = useMemo(() => (key === undefined ? undefined : entryOf<T>(key, load).snapshot), [key]);
  useEffect(() => (key === undefined ? undefined : attach(key, load, everyMs)), [key, everyMs]);
  const now = snapshot?.value ?? {};
  if (now.value !== undefined || now.failure !== undefined) before.current = now;
  return before.current;
}

/** Asks again for every shown resource whose key begins with `prefix`. */
export function refresh(prefix = ''): void {
  for (const [key, entry] of entries) {
    if (entry.users > 0 && key.startsWith(prefix)) void run(entry);
  }
}

/** The value behind a key as a signal, for reading only; nothing is asked for. */
export function peekResource<T>(key: string): ReadonlySignal<Snapshot<T>> | undefined {
  return (entries.get(key) as Entry<T> | undefined)?.snapshot;
}

function entryOf<T>(key: string, load: Load<T>): Entry<T> {
  let entry = entries.get(key) as Entry<T> | undefined;
  if (entry === undefined) {
    entry = { snapshot: signal<Snapshot<T>>({}), users: 0, load, everyMs: 0 };
    entries.set(key, entry as Entry<unknown>);
    forgetOldest();
  }
  return entry;
}

function attach<T>(key: string, load: Load<T>, everyMs: number): () => void {
  const entry = entryOf<T>(key, load);
  entry.load = load;
  entry.everyMs = everyMs;
  entry.users += 1;
  if (entry.users === 1) void run(entry);
  return () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.request?.abort();
    clearTimeout(entry.timer);
  };
}

async function run<T>(entry: Entry<T>): Promise<void> {
  clearTimeout(entry.timer);
  entry.request?.abort();
  const request = new AbortController();
  entry.request = request;
  const outcome = await entry.load(request.signal);
  if (request.signal.aborted || entry.request !== request) return;
  entry.request = undefined;
  if (outcome.ok) entry.snapshot.value = { value: outcome.value, warnings: outcome.warnings, at: Date.now() };
  else if (outcome.failure.kind !== 'aborted')
    entry.snapshot.value = { ...entry.snapshot.peek(), failure: outcome.failure };
  if (entry.everyMs > 0) entry.timer = setTimeout(() => tick(entry), entry.everyMs);
}

function tick<T>(entry: Entry<T>): void {
  // A hidden page asks nothing; `visibilitychange` starts it again.
  if (entry.users > 0 && !document.hidden) void run(entry);
}

function forgetOldest(): void {
  for (const [key, entry] of entries) {
    if (entries.size <= KEPT_MAX) return;
    if (entry.users === 0) entries.delete(key);
  }
}

/** Connects resources with the page's visibility and the server's return. */
export function startResources(): void {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) refreshPolled();
  });
  let known = comebacks.peek();
  effect(() => {
    if (comebacks.value === known) return;
    known = comebacks.value;
    refresh();
  });
}

function refreshPolled(): void {
  for (const entry of entries.values()) {
    if (entry.users > 0 && entry.everyMs > 0) void run(entry);
  }
}
