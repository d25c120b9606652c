/**
 * What a server would say, made up from one list of names: each name is at once a metric, a label's value, an instance, a job and an error.
 * Tests of a page that asks for more add to `answers`.
 */

import { actingAnswers } from './acting';
import { cardinalityAnswers } from './cardinality';
import { explained } from './explained';
import { runningAnswers } from './running';

export interface Names {
  /** The names of instances, jobs, metrics and so on. */
  names: readonly string[];
}

export type Answer = unknown;
/** An answer that is none. */
export class Refusal {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

export type Answerer = (fields: URLSearchParams, names: readonly string[]) => Answer;

const NOW = () => Date.now() / 1000;
const first = (names: readonly string[]) => names[0] ?? 'name';

export const answers: Record<string, Answerer> = {
  query: (fields, names) => vector(fields.get('query') ?? '', names),
  query_range: (fields, names) => ({
    resultType: 'matrix',
    result: names.map((name, index) => series(name, index, fields)),
  }),
  query_exemplars: (fields, names) => names.map((name, index) => exemplarsOf(name, index, fields)),
  'regain/explain': (fields, names) => explained(fields.get('query') ?? '', names),
  'regain/lint': () => ({ errors: [], tree: null }),
  format_query: (fields) => (fields.get('query') ?? '').trim(),
  series: (_, names) => names.map(labels),
  targets: (_, names) => ({
    activeTargets: names.map(target),
    droppedTargets: names.map((name) => ({
      discoveredLabels: { __address__: name, __meta_name: name, [name]: name },
      scrapePool: name,
    })),
    droppedTargetCounts: Object.fromEntries(names.map((name) => [name, 2])),
  }),
  'targets/relabel_steps': (fields) => relabelSteps(JSON.parse(fields.get('labels') ?? '{}') as Record<string, string>),
  'regain/jobs': (_, names) => ({
    jobs: names.map(job),
    store: { indexBytesPerSeries: 300, headBytesPerSeries: 100, diskBytesPerSample: 1.5 },
  }),
  scrape_pools: (_, names) => ({ scrapePools: names }),
  metadata: (_, names) => Object.fromEntries(names.map((name) => [name, [{ type: 'gauge', help: name, unit: '' }]])),
  labels: (_, names) => ['__name__', 'job', ...names],
  'label/__name__/values': (_, names) => names,
  'status/runtimeinfo': (_, names) => ({
    startTime: new Date(Date.now() - 3.6e6).toISOString(),
    CWD: first(names),
    hostname: first(names),
    serverTime: new Date().toISOString(),
    reloadConfigSuccess: true,
    lastConfigTime: new Date(Date.now() - 3.6e6).toISOString(),
    corruptionCount: 0,
    goroutineCount: 40,
    GOMAXPROCS: 2,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: '15d',
  }),
  'status/buildinfo': (_, names) => ({
    version: '3.14.0',
    revision: first(names),
    branch: 'main',
    buildUser: '',
    buildDate: '',
    goVersion: 'regain',
  }),
  'status/flags': (_, names) => Object.fromEntries(names.map((name, index) => [`flag.${index}`, name])),
  'status/config': (_, names) => ({
    yaml: `global:\n  scrape_interval: 5s\nscrape_configs:\n${names.map((name) => `- job_name: ${name}\n  basic_auth:\n    password: <secret>\n`).join('')}`,
  }),
  'status/tsdb': (fields, names) => tsdb(Number(fields.get('limit') ?? 10), names),
  'status/walreplay': () => ({ min: 0, max: 10, current: 4 }),
  ...actingAnswers,
  ...cardinalityAnswers,
  ...runningAnswers,
};

function labels(name: string) {
  return {
    __name__: name,
    job: name,
    instance: name,
    mountpoint: name,
    nodename: name,
    sysname: 'Linux',
    release: '6',
    machine: 'x86_64',
    mode: name,
    name,
  };
}

function vector(expr: string, names: readonly string[]): Answer {
  if (expr.startsWith('count(')) return { resultType: 'vector', result: [{ metric: {}, value: [NOW(), '3'] }] };
  return {
    resultType: 'vector',
    result: names
      .slice(0, 30)
      .map((name, index) => ({ metric: labels(name), value: [NOW(), String(0.1 + index / 40)] })),
  };
}

function series(name: string, index: number, fields: URLSearchParams): Answer {
  const [start = 0, end = 0, step = 15] = ['start', 'end', 'step'].map((field) => Number(fields.get(field)));
  const values: [number, string][] = [];
  for (let time = start; time <= end; time += step) values.push([time, String(index + Math.sin(time / 300))]);
  return { metric: labels(name), values };
}

/** Four exemplars of a series, the last one far beyond its values. */
function exemplarsOf(name: string, index: number, fields: URLSearchParams): Answer {
  const [start = 0, end = 0] = ['start', 'end'].map((field) => Number(fields.get(field)));
  const exemplars = [0.2, 0.4, 0.6, 0.8].map((share, at) => ({
    labels: { trace_id: `${name}-${at}`, [name]: name },
    value: at === 3 ? '1e9' : String(index + 0.5),
    timestamp: start + (end - start) * share,
  }));
  return { seriesLabels: labels(name), exemplars };
}

function target(name: string, index: number): Answer {
  const isDown = index % 2 === 1;
  return {
    discoveredLabels: { __address__: name },
    labels: { job: name, instance: name },
    scrapePool: name,
    scrapeUrl: `http://${name}/metrics`,
    globalUrl: `http://${name}/metrics`,
    lastError: isDown ? name : '',
    lastScrape: new Date().toISOString(),
    lastScrapeDuration: 0.01,
    health: isDown ? 'down' : 'up',
    scrapeInterval: '5s',
    scrapeTimeout: '5s',
    lastScrapeDetails: {
      samples: 290,
      series: 300,
      bodyBytes: isDown ? 0 : 40_000,
      wireBytes: isDown ? 0 : 9000,
      clockSkewSeconds: index === 2 ? -4 : null,
    },
  };
}

function relabelSteps(before: Record<string, string>): Answer {
  const rule = {
    source_labels: Object.keys(before),
    separator: ';',
    regex: '(.*)',
    replacement: '$1',
    action: 'replace',
  };
  const added = Object.values(before).join(';');
  const output = { ...before, added };
  return {
    steps: [
      { rule: { ...rule, target_label: 'added' }, output, keep: true },
      { rule: { ...rule, regex: 'x', target_label: 'none' }, output, keep: true },
      { rule: { separator: ';', regex: 'added', replacement: added, action: 'labeldrop' }, output: before, keep: true },
      { rule: { ...rule, action: 'drop' }, output: {}, keep: false },
    ],
  };
}

function job(name: string, index: number): Answer {
  const cost = (seconds: number) => ({
    samplesPerSecond: 300 / seconds,
    wireBytesPerSecond: 9000 / seconds,
    cpuSecondsPerSecond: 0.01 / seconds,
    memoryBytes: 1e6,
    diskBytesPerDay: index === 0 ? null : 1e8 / seconds,
  });
  return {
    scrapePool: name,
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
    targets: { up: 1, down: index % 2, unknown: 0, dropped: 0 },
    series: 300,
    round: { samples: 290, bodyBytes: 40_000, wireBytes: 9000, cpuSeconds: 0.01, slowestSeconds: 0.02 },
    now: cost(15),
    whatIf: [5, 15, 30, 60].map((seconds) => ({
      scrapeInterval: seconds === 60 ? '1m' : `${seconds}s`,
      ...cost(seconds),
    })),
  };
}

function tsdb(limit: number, names: readonly string[]): Answer {
  const ranked = Array.from({ length: limit }, (_, index) => ({
    name: index < names.length ? (names[index] ?? '') : `metric_${index}`,
    value: 5000 - index,
  }));
  const pairs = ranked.map(({ name, value }) => ({ name: `${name}=${name}`, value }));
  return {
    headStats: {
      numSeries: 9000,
      numLabelPairs: 800,
      chunkCount: 18_000,
      minTime: Date.now() - 3.6e6,
      maxTime: Date.now(),
    },
    seriesCountByMetricName: ranked,
    labelValueCountByLabelName: ranked,
    memoryInBytesByLabelName: ranked,
    seriesCountByLabelValuePair: pairs,
  };
}
