/** Addresses of other pages with a question in them, in the form that Prometheus' pages have, so that links can be exchanged. */
import type { Labels } from './api/query';
import type { Health, Target } from './api/targets';
import { formatDuration } from './format/duration';
import { selector } from './format/series';
import { href, type Params } from './router';

/** The query page with an expression as a table. */
export function tableLink(expr: string): string {
  return href('/query', { 'g0.expr': expr, 'g0.tab': 'table' });
}

/** The query page with a graph for each expression, over a range such as `6h` that ends now. */
export function graphLink(exprs: readonly string[], range: string): string {
  return href(
    '/query',
    Object.assign({}, ...exprs.map((expr, index) => panel(index, expr, { range_input: range }))) as Params,
  );
}

/** The same for the range between two moments, in seconds. */
export function zoomLink(exprs: readonly string[], start: number, end: number): string {
  const span = {
    range_input: formatDuration(Math.max(Math.round(end - start), 1)),
    end_input: new Date(end * 1000).toISOString().slice(0, 19).replace('T', ' '),
  };
  return href('/query', Object.assign({}, ...exprs.map((expr, index) => panel(index, expr, span))) as Params);
}

function panel(index: number, expr: string, span: Params): Params {
  const fields: Params = { expr, tab: 'graph', ...span };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`g${index}.${name}`, value]));
}

/** More characters of a name than these are not needed to find it. */
const SEARCHED_MAX = 200;

/** The page of the targets with this one in sight. */
export function targetLink(target: Pick<Target, 'labels' | 'scrapePool' | 'scrapeUrl'>): string {
  const { instance } = target.labels;
  const search = instance === undefined ? target.scrapeUrl : `instance=${instance}`;
  return href('/targets', { pool: target.scrapePool, search: search.slice(0, SEARCHED_MAX) });
}

/** The page of the targets with those of one job, of one health where one is given. */
export function jobLink(pool: string, health?: Health): string {
  return href('/targets', { pool, health });
}

/** How a target's scrapes went, as a graph. */
export function scrapesLink(labels: Labels): string {
  const { job, instance } = labels;
  const known = Object.fromEntries(
    Object.entries({ job, instance }).filter(([, value]) => value !== undefined),
  ) as Labels;
  return graphLink([selector({ __name__: 'up', ...known })], '1h');
}
