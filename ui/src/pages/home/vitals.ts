/** The vital signs of a host: what is asked and how it is drawn. The names are node_exporter's. */
import type { Labels, Series } from '../../api/query';
import { quote } from '../../format/series';
import { formatValue, type Unit } from '../../format/number';
import { REAL_DISKS } from './expressions';

export interface Vital {
  title: string;
  unit: Unit;
  stacked?: boolean;
  parts: readonly Part[];
  /** What stands beside the title, from the last value of each series; there is at least one. */
  headline: (last: readonly number[], unit: Unit) => string;
}

export interface Part {
  expr: (scope: Scope) => string;
  name: (labels: Labels) => string;
  /** Chooses and sorts the series. */
  arrange?: (series: Series[]) => Series[];
}

/** What an expression is about: one host, and the window for rates. */
export interface Scope {
  instance: string;
  window: string;
}

/** Not the way out of the host: what containers and bridges pass on is counted at the real device again. */
const REAL_NETWORKS = 'device!~"lo|veth.*|docker.*|br-.*|virbr.*|cni.*|flannel.*"';

const on = ({ instance }: Scope) => `instance=${quote(instance)}`;
const named = (name: string) => () => name;
const sum = (values: readonly number[]) => values.reduce((so, value) => so + value, 0);
const total: Vital['headline'] = (values, unit) => formatValue(sum(values), unit);
const greatest: Vital['headline'] = (values, unit) => formatValue(Math.max(...values), unit);
const first: Vital['headline'] = (values, unit) => formatValue(values[0], unit);
const firstOfAll: Vital['headline'] = (values, unit) =>
  partOf(formatValue(values[0], unit), formatValue(sum(values), unit));

/** `1.2 of 23.5 GiB`: a unit that both have is written once. */
function partOf(part: string, whole: string): string {
  const unit = / [^\d]+$/.exec(whole)?.[0] ?? '';
  return `${unit !== '' && part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

export const VITALS: readonly Vital[] = [
  {
    title: 'CPU',
    unit: 'ratio',
    stacked: true,
    headline: total,
    parts: [
      {
        expr: (scope) => `avg by (mode) (rate(node_cpu_seconds_total{${on(scope)}, mode!="idle"}[${scope.window}]))`,
        name: ({ mode }) => mode ?? '',
        arrange: byMode,
      },
    ],
  },
  {
    title: 'Load',
    unit: 'none',
    headline: first,
    parts: [
      { expr: (scope) => `node_load1{${on(scope)}}`, name: named('1 min') },
      { expr: (scope) => `node_load5{${on(scope)}}`, name: named('5 min') },
      { expr: (scope) => `node_load15{${on(scope)}}`, name: named('15 min') },
      { expr: (scope) => `count(node_cpu_seconds_total{${on(scope)}, mode="idle"})`, name: named('CPUs') },
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    stacked: true,
    headline: firstOfAll,
    parts: [
      {
        expr: (scope) => `node_memory_MemTotal_bytes{${on(scope)}} - node_memory_MemAvailable_bytes{${on(scope)}}`,
        name: named('in use'),
      },
      {
        expr: (scope) => `node_memory_MemAvailable_bytes{${on(scope)}} - node_memory_MemFree_bytes{${on(scope)}}`,
        name: named('cache'),
      },
      { expr: (scope) => `node_memory_MemFree_bytes{${on(scope)}}`, name: named('free') },
    ],
  },
  {
    title: 'Disk space used',
    unit: 'ratio',
    headline: greatest,
    parts: [
      {
        expr: (scope) =>
          `topk(4, max by (mountpoint) (1 - node_filesystem_avail_bytes{${on(scope)}, ${REAL_DISKS}} / node_filesystem_size_bytes{${on(scope)}, ${REAL_DISKS}}))`,
        name: ({ mountpoint }) => mountpoint ?? '',
      },
    ],
  },
  {
    title: 'Disk traffic',
    unit: 'bytes/s',
    headline: total,
    parts: [
      { expr: (scope) => `sum(rate(node_disk_read_bytes_total{${on(scope)}}[${scope.window}]))`, name: named('read') },
      {
        expr: (scope) => `sum(rate(node_disk_written_bytes_total{${on(scope)}}[${scope.window}]))`,
        name: named('written'),
      },
    ],
  },
  {
    title: 'Network',
    unit: 'bytes/s',
    headline: total,
    parts: [
      {
        expr: (scope) => `sum(rate(node_network_receive_bytes_total{${on(scope)}, ${REAL_NETWORKS}}[${scope.window}]))`,
        name: named('received'),
      },
      {
        expr: (scope) =>
          `sum(rate(node_network_transmit_bytes_total{${on(scope)}, ${REAL_NETWORKS}}[${scope.window}]))`,
        name: named('sent'),
      },
    ],
  },
];

/** What a CPU does, from the work one wants to the work one does not. */
const MODES = ['user', 'nice', 'system', 'iowait', 'irq', 'softirq', 'steal'];
/** A mode that never takes more than this share is not worth a line. */
const LEAST_SHARE = 0.001;

function byMode(series: Series[]): Series[] {
  const rank = ({ metric }: Series) => MODES.indexOf(metric.mode ?? '');
  return series
    .filter(({ values }) => values.some((value) => value > LEAST_SHARE))
    .toSorted((a, b) => rank(a) - rank(b));
}
