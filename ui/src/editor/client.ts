/** What completion asks the server for, with answers kept for a while. Failures yield nothing: typing goes on without suggestions. */
import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { EqlSingle } from '@prometheus-io/lezer-promql';
import type { Outcome } from '../api/failure';
import { ask } from '../api/request';
import { list, table, text } from '../api/shape';
import { askFlags, askMetadata, type MetricMetadata } from '../api/status';
import { quote, quoteName } from '../format/series';

const KEPT_MS = 60_000;
/** The server sends no more suggestions than this; nobody scrolls through more. */
const VALUES_MAX = 10_000;
const METRICS_MAX = 100_000;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Matcher = NonNullable<Parameters<PrometheusClient['labelValues']>[2]>[number];

/** Answers are kept for no more questions than this. */
const KEPT_MAX = 200;
const kept = new Map<string, { at: number; answer: Promise<unknown> }>();

/** The answer to a question, asked at most once in a while; `nothing` where there is none, and then it is asked again next time. */
async function keep<T>(key: string, load: () => Promise<Outcome<T>>, nothing: T): Promise<T> {
  let known = kept.get(key);
  if (known === undefined || Date.now() - known.at > KEPT_MS) {
    known = { at: Date.now(), answer: load() };
    kept.set(key, known);
    for (const oldest of kept.keys()) if (kept.size > KEPT_MAX) kept.delete(oldest);
  }
  const outcome = (await known.answer) as Outcome<T>;
  if (outcome.ok) return outcome.value;
  kept.delete(key);
  return nothing;
}

export const client: PrometheusClient = {
  metricNames: () => labelValues('__name__', ''),
  labelNames: async (metric = '') => {
    const names = await keep(
      `names ${metric}`,
      () => ask('labels', { 'match[]': matching(metric, []), limit: VALUES_MAX }, list(text)),
      [],
    );
    return names.filter((name) => name !== '__name__');
  },
  labelValues: (name, metric = '', matchers = []) =>
    labelValues(
      name,
      matching(
        metric,
        matchers.filter((matcher) => matcher.name !== name),
      ).join(''),
    ),
  metricMetadata: async () => merged(await keep('metadata', () => askMetadata(), {})),
  series: async (metric) => {
    const fields = { 'match[]': matching(metric, []), limit: VALUES_MAX };
    // The library's type is wrong: it takes the API's objects.
    return (await keep(`series ${metric}`, () => ask('series', fields, list(table(text))), [])) as unknown as Map<
      string,
      string
    >[];
  },
  flags: () => keep('flags', () => askFlags(), {}),
};

/** Asks for the names of all metrics and their metadata before anybody types. */
export function warmUp(): void {
  void client.metricNames();
  void client.metricMetadata();
}

function labelValues(name: string, match: string): Promise<string[]> {
  const fields = { 'match[]': match === '' ? [] : [match], limit: name === '__name__' ? METRICS_MAX : VALUES_MAX };
  return keep(
    `values ${name} ${match}`,
    () => ask(`label/${encodeURIComponent(inPath(name))}/values`, fields, list(text)),
    [],
  );
}

/**
 * A selector for what is already written: the metric and the labels with `=`. Other matchers are left out, as their text may be half of
 * a regular expression. Nothing written means no selector.
 */
function matching(metric: string, matchers: readonly Matcher[]): string[] {
  const pairs = metric === '' ? [] : [`__name__=${quote(metric)}`];
  for (const { type, name, value } of matchers) {
    // The value is as it stands between the quotes, escapes included.
    if (type === EqlSingle && value !== '' && !value.includes('"')) pairs.push(`${quoteName(name)}="${value}"`);
  }
  return pairs.length === 0 ? [] : [`{${pairs.join(',')}}`];
}

/** A label's name in a path: names that are not plain are escaped the way the API wants it. */
function inPath(name: string): string {
  if (LABEL.test(name)) return name;
  const escaped = Array.from(name, (char) => {
    if (char === '_') return '__';
    return /[a-zA-Z0-9]/.test(char) ? char : `_${(char.codePointAt(0) ?? 0).toString(16)}_`;
  });
  return `U__${escaped.join('')}`;
}

/** One entry for each name: targets often differ in the wording of a help only, and one wording is better than none. */
function merged(all: Record<string, MetricMetadata[]>): Record<string, MetricMetadata[]> {
  // Without a prototype: a metric may be called __proto__.
  const result = Object.create(null) as Record<string, MetricMetadata[]>;
  for (const [name, entries] of Object.entries(all)) {
    const [first] = entries;
    if (first === undefined) continue;
    const types = new Set(entries.map(({ type }) => type));
    result[name] = [{ ...first, type: types.size === 1 ? first.type : [...types].join(' or ') }];
  }
  return result;
}
