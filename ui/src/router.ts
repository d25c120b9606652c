/**
 * Where the browser is, as a signal, and ways to go elsewhere.
 *
 * Paths here are below the base (`<base href>`), so pages never see the prefix that a proxy or `--web.route-prefix` puts in front. Links
 * are plain `<a href={href('/query')}>`: a click on one is taken over here, and with a modifier key or in a new tab the browser does
 * what it always does.
 */
import { computed, signal } from '@preact/signals';

/** The path in front of everything, with a slash at both ends. */
export const base = new URL('.', document.baseURI).pathname;

interface Place {
  /** Below the base, with a slash in front and none at the end. */
  path: string;
  /** The query with its question mark, or nothing. */
  search: string;
}

const place = signal<Place>(here());

/** The current path, such as `/targets`. */
export const path = computed(() => place.value.path);

/** The current query. */
export const query = computed(() => new URLSearchParams(place.value.search));

export type Params = Record<string, string | number | boolean | undefined>;

/** The address of a page; parameters that are undefined or empty are left out. */
export function href(to: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return base + to.slice(1) + (text === '' ? '' : `?${text}`);
}

/** Goes to an address from `href`. `replace` leaves no entry in the history, for state that follows a keystroke. */
export function navigate(to: string, { replace = false } = {}): void {
  const before = place.peek().path;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  place.value = here();
  if (place.peek().path !== before) scrollTo(0, 0);
}

/** Changes some parameters of the current address and keeps the others. */
export function setQuery(params: Params, options?: { replace?: boolean }): void {
  const search = new URLSearchParams(place.peek().search);
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === '') search.delete(name);
    else search.set(name, String(value));
  }
  const text = search.toString();
  navigate(base + place.peek().path.slice(1) + (text === '' ? '' : `?${text}`), options);
}

/** Takes over clicks on links and the browser's back and forward. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    place.value = here();
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(base) || link.dataset.reload !== undefined) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

function here(): Place {
  const { pathname, search } = location;
  const below = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.slice(1);
  return { path: `/${below.replace(/\/+$/, '')}`, search };
}
