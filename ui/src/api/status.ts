/** What the server says about itself. */
import { measureOffset } from '../state/clock';
import type { Outcome } from './failure';
import { ask } from './request';
import { bool, type Decoder, list, number, object, table, text, withDefault } from './shape';

export interface BuildInfo {
  version: string;
  revision: string;
  branch: string;
  buildUser: string;
  buildDate: string;
  goVersion: string;
}

export interface RuntimeInfo {
  startTime: string;
  CWD: string;
  hostname: string;
  serverTime: string;
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
  corruptionCount: number;
  goroutineCount: number;
  GOMAXPROCS: number;
  GOMEMLIMIT: number;
  GOGC: string;
  GODEBUG: string;
  storageRetention: string;
}

export interface Ranked {
  name: string;
  value: number;
}

export interface TsdbStatus {
  headStats: { numSeries: number; numLabelPairs: number; chunkCount: number; minTime: number; maxTime: number };
  seriesCountByMetricName: Ranked[];
  labelValueCountByLabelName: Ranked[];
  memoryInBytesByLabelName: Ranked[];
  seriesCountByLabelValuePair: Ranked[];
}

export interface WalReplay {
  min: number;
  max: number;
  current: number;
}

const string = withDefault(text, '');
const count = withDefault(number, 0);

const buildInfo = object<BuildInfo>({
  version: text,
  revision: string,
  branch: string,
  buildUser: string,
  buildDate: string,
  goVersion: string,
});

const runtimeInfo = object<RuntimeInfo>({
  startTime: text,
  CWD: string,
  hostname: string,
  serverTime: string,
  reloadConfigSuccess: bool,
  lastConfigTime: text,
  corruptionCount: count,
  goroutineCount: count,
  GOMAXPROCS: count,
  GOMEMLIMIT: count,
  GOGC: string,
  GODEBUG: string,
  storageRetention: string,
});

const ranked: Decoder<Ranked[]> = list(object<Ranked>({ name: text, value: number }));

const tsdbStatus = object<TsdbStatus>({
  headStats: object<TsdbStatus['headStats']>({
    numSeries: number,
    numLabelPairs: count,
    chunkCount: count,
    minTime: number,
    maxTime: number,
  }),
  seriesCountByMetricName: ranked,
  labelValueCountByLabelName: ranked,
  memoryInBytesByLabelName: ranked,
  seriesCountByLabelValuePair: ranked,
});

const config: Decoder<string> = (value, at) => object<{ yaml: string }>({ yaml: text })(value, at).yaml;

export const askBuildInfo = (signal?: AbortSignal): Promise<Outcome<BuildInfo>> =>
  ask('status/buildinfo', {}, buildInfo, { signal });

/** The runtime; its answer also tells how far this browser's clock is off. */
export async function askRuntimeInfo(signal?: AbortSignal): Promise<Outcome<RuntimeInfo>> {
  const sent = Date.now();
  const outcome = await ask('status/runtimeinfo', {}, runtimeInfo, { signal });
  if (outcome.ok) measureOffset(outcome.value.serverTime, sent, Date.now());
  return outcome;
}

export const askFlags = (signal?: AbortSignal): Promise<Outcome<Record<string, string>>> =>
  ask('status/flags', {}, table(text), { signal });

export const askConfig = (signal?: AbortSignal): Promise<Outcome<string>> =>
  ask('status/config', {}, config, { signal });

export const askTsdb = (limit: number, signal?: AbortSignal): Promise<Outcome<TsdbStatus>> =>
  ask('status/tsdb', { limit }, tsdbStatus, { signal });

export const askWalReplay = (signal?: AbortSignal): Promise<Outcome<WalReplay>> =>
  ask('status/walreplay', {}, object<WalReplay>({ min: number, max: number, current: number }), {
    signal,
    patienceS: 5,
  });

/** Metadata of all metrics: the entries of a name differ between targets. */
export interface MetricMetadata {
  type: string;
  help: string;
  unit: string;
}

/** The metadata of one metric or of all. */
export const askMetadata = (
  signal?: AbortSignal,
  metric?: string,
): Promise<Outcome<Record<string, MetricMetadata[]>>> =>
  ask('metadata', { metric }, table(list(object<MetricMetadata>({ type: string, help: string, unit: string }))), {
    signal,
  });

/** The values of a label, for completion and pickers. */
export const askLabelValues = (
  label: string,
  matchers: readonly string[] = [],
  signal?: AbortSignal,
): Promise<Outcome<string[]>> => ask(`label/${inPath(label)}/values`, { 'match[]': matchers }, list(text), { signal });

/** A label's name as a part of a path: any name but the plainest is escaped the way Prometheus calls `values`. */
function inPath(label: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) && !label.startsWith('U__')) return label;
  const escaped = Array.from(label, (c) =>
    c === '_' ? '__' : /[a-zA-Z0-9]/.test(c) ? c : `_${(c.codePointAt(0) ?? 0).toString(16)}_`,
  );
  return `U__${escaped.join('')}`;
}
