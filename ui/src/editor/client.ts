/** What completion asks the server for, with answers kept for a while. Failures yield nothing: typing goes on without suggestions. */
import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { EqlSingle } from '@prometheus-io/lezer-promql';
import { ask } from '../api/request';
import { list, table, text } from '../api/shape';
import { askFlags, askMetadata, type MetricMetadata } from '../api/status';
import { quote, quoteName } from '../format/series';

const KEPT_MS = 60_000;
/** The server sends no more suggestions than this; nobody scrolls through more. */
const VALUES_MAX = 10_000;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Matcher = NonNullable<Parameters<PrometheusClient['labelValues']>[2]>[number];

const kept = new Map<string, { at: number; value: Promise<unknown> }>();

function keep<T>(key: string, load: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined && Date.now() - known.at < KEPT_MS) return known.value as Promise<T>;
  const value = load();
  kept.set(key, { at: Date.now(), value });
  return value;
}

export const client: PrometheusClient = {
  metricNames: () => labelValues('__name__', ''),
  labelNames: (metric = '') =>
    keep(`names ${metric}`, async () => {
      const outcome = await ask('labels', { 'match[]': matching(metric, []), limit: VALUES_MAX }, list(text));
      return outcome.ok ? outcome.value.filter((name) => name !== '__name__') : [];
    }),
  labelValues: (name, metric = '', matchers = []) => labelValues(name, matching(metric, matchers.filter((matcher) => matcher.name !== name)).join('')),
  metricMetadata: () =>
    keep('metadata', async () => {
      const outcome = await askMetadata();
      return outcome.ok ? merged(outcome.value) : {};
    }),
  series: async (metric) => {
    const outcome = await ask('series', { 'match[]': matching(metric, []), limit: VALUES_MAX }, list(table(text)));
    return (outcome.ok ? outcome.value : []) as unknown as Map<string, string>[];
  },
  flags: () =>
    keep('flags', async () => {
      const outcome = await askFlags();
      return outcome.ok ? outcome.value : {};
    }),
};

/** Asks for the names of all metrics and their metadata before anybody types. */
export function warmUp(): void {
  void client.metricNames();
  void client.metricMetadata();
}

function labelValues(name: string, match: string): Promise<string[]> {
  return keep(`values ${name} ${match}`, async () => {
    const fields = { 'match[]': match === '' ? [] : [match], limit: VALUES_MAX * (name === '__name__' ? 10 : 1) };
    const outcome = await ask(`label/${encodeURIComponent(inPath(name))}/values`, fields, list(text));
    return outcome.ok ? outcome.value : [];
  });
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
