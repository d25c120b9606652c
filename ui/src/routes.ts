/**
 * The pages. A page is a component in its own chunk; the navigation shows those with a `key`, in this order.
 *
 * A page sets nothing but its content: the shell sets the title, moves the focus and catches what fails to load. It reads its state from
 * `router.query` and writes it with `router.setQuery`, so that the address always shows what is seen.
 */
import type { ComponentType } from 'preact';
import { Home } from './pages/home/Home';
import { isReceiver } from './scope';

export interface Route {
  path: string;
  /** Names the page in the browser's title and in the navigation. */
  title: string;
  /** The second key of the shortcut `g …`; the page is in the navigation if it has one. */
  key?: string;
  /** Another page whose entry in the navigation is marked while this one is shown. */
  under?: string;
  page: ComponentType | (() => Promise<ComponentType>);
  /** Whether the page has the addresses below its own, too. */
  hasMore?: true;
  /** Whether `page` has still to be loaded. */
  isLazy?: true;
}

const query = async () => (await import('./pages/query/Query')).Query;
const targets = async () => (await import('./pages/targets/Targets')).Targets;
const alerts = async () => (await import('./pages/alerts/Alerts')).Alerts;
const silences = async () => (await import('./pages/silences/Silences')).Silences;
const healing = async () => (await import('./pages/healing/Healing')).Healing;
const status = async () => (await import('./pages/status/Status')).Status;
const receiver = async () => (await import('./pages/status/Receiver')).Receiver;

const serverRoutes: readonly Route[] = [
  { path: '/', title: 'Home', key: 'h', page: Home },
  { path: '/query', title: 'Query', key: 'q', page: query, isLazy: true },
  { path: '/targets', title: 'Targets', key: 't', page: targets, isLazy: true },
  { path: '/alerts', title: 'Alerts', key: 'a', page: alerts, isLazy: true },
  { path: '/rules', title: 'Rules', under: '/alerts', page: alerts, isLazy: true },
  { path: '/silences', title: 'Silences', key: 'l', page: silences, isLazy: true, hasMore: true },
  { path: '/healing', title: 'Healing', key: 'e', page: healing, isLazy: true },
  { path: '/status', title: 'Status', key: 's', page: status, isLazy: true },
  { path: '/tsdb-status', title: 'Storage', under: '/status', page: status, isLazy: true },
  { path: '/cardinality', title: 'Cardinality', under: '/status', page: status, isLazy: true },
  { path: '/queries', title: 'Queries', under: '/status', page: status, isLazy: true },
  { path: '/config', title: 'Configuration', under: '/status', page: status, isLazy: true },
  { path: '/flags', title: 'Flags', under: '/status', page: status, isLazy: true },
];

const receiverRoutes: readonly Route[] = [
  { path: '/', title: 'Alerts', under: '/alerts', page: alerts, isLazy: true },
  { path: '/alerts', title: 'Alerts', key: 'a', page: alerts, isLazy: true },
  { path: '/silences', title: 'Silences', key: 'l', page: silences, isLazy: true, hasMore: true },
  { path: '/status', title: 'Status', key: 's', page: receiver, isLazy: true },
];

export const routes = isReceiver ? receiverRoutes : serverRoutes;

/** Addresses of Prometheus' pages, old and new, and where Regain has what they show. The server answers all of them (`web-ui/src/router.rs`). */
export const moved: Readonly<Record<string, string>> = {
  '/graph': '/query',
  '/service-discovery': '/targets',
  '/alertmanager-discovery': '/status',
  '/agent': '/status',
};

export function routeOf(path: string): Route | undefined {
  return routes.find((route) => route.path === path || (route.hasMore === true && path.startsWith(`${route.path}/`)));
}
