/** Addresses of other pages with a question in them, in the form that Prometheus' pages have, so that links can be exchanged. */
import type { Labels } from './api/query';
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

/** Where to see more about a target: how its scrapes went. */
export function targetLink(labels: Labels): string {
  const { job, instance } = labels;
  const known = Object.fromEntries(
    Object.entries({ job, instance }).filter(([, value]) => value !== undefined),
  ) as Labels;
  return graphLink([selector({ __name__: 'up', ...known })], '1h');
}

/** Where to see more about all targets of a job. */
export function jobLink(job: string): string {
  return graphLink([selector({ __name__: 'up', job })], '1h');
}
