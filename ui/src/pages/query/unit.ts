/** The unit of a result: what the targets declare of its metrics, else what their names say, where that leaves no doubt. */
import type { MetricMetadata } from '../../api/status';
import type { Unit } from '../../format/number';

/** What does not name a metric: texts, label matchers, ranges, and the labels of aggregations and of vector matching. */
const NOT_METRICS =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi;
const NAME = /[a-zA-Z_:][\w:]*/g;
const KEYWORDS = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'offset',
  'bool',
  'and',
  'or',
  'unless',
  'inf',
  'nan',
  'start',
  'end',
  'atan2',
]);

/** Functions whose result is a number of something else, whatever goes in. */
const UNITLESS =
  /\b(?:count|count_values|count_over_time|changes|resets|absent|absent_over_time|present_over_time|group|timestamp|hour|minute|month|year|day_of_\w+|days_in_month|sgn|log2|log10|ln|exp|sqrt|stdvar|stdvar_over_time|deg|rad|histogram_fraction|histogram_count|a?(?:sin|cos|tan)h?)\b/i;
const PER_SECOND = /\b(?:rate|irate|deriv|idelta)\b/i;
/** These change the unit in ways that are not obvious. */
const SCALING = /[*/^%]/;

/** Types and units by the names that metadata have. */
export type Declared = ReadonlyMap<string, readonly Declaration[]>;
type Declaration = Pick<MetricMetadata, 'type' | 'unit'>;

/** The unit of the values of an expression. */
export function unitOf(expr: string, declared: Declared = new Map()): Unit {
  const bare = withoutTexts(expr);
  if (isUnitless(bare)) return 'none';
  const metrics = metricsIn(bare);
  const isRate = PER_SECOND.test(bare);
  const units = new Set(metrics.map((metric) => unitOfMetric(metric, isRate, declared)));
  const [only] = units;
  return units.size === 1 && only !== undefined ? only : 'none';
}

/** The names under which there may be metadata that the unit of an expression depends on. */
export function declaredNames(expr: string): string[] {
  const bare = withoutTexts(expr);
  if (isUnitless(bare)) return [];
  return [...new Set(metricsIn(bare).flatMap((metric) => [metric, familyOf(metric)]))];
}

function withoutTexts(expr: string): string {
  return expr.replaceAll(NOT_METRICS, (found) => (found.startsWith('{') ? '{}' : ' '));
}

function isUnitless(bare: string): boolean {
  return UNITLESS.test(bare) || SCALING.test(bare);
}

function metricsIn(bare: string): string[] {
  const found: string[] = [];
  for (const { 0: name, index } of bare.matchAll(NAME)) {
    const isFunction = /^\s*\(/.test(bare.slice(index + name.length));
    const isDigits = index > 0 && /[\w.]/.test(bare[index - 1] ?? '');
    if (!isFunction && !isDigits && !KEYWORDS.has(name.toLowerCase()) && !isAggregation(bare, index, name))
      found.push(name);
  }
  return found;
}

/** `sum by (job) (x)`: the labels are gone from the text, what is left is a name before a bracket or before more names. */
function isAggregation(bare: string, index: number, name: string): boolean {
  return AGGREGATIONS.has(name.toLowerCase()) && /^\s+\(|^\s*$/.test(bare.slice(index + name.length));
}

const AGGREGATIONS = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'topk',
  'bottomk',
  'quantile',
  'stddev',
  'limitk',
  'limit_ratio',
]);

/** What a series of a family adds to its name. */
const PART = /_(?:total|sum|bucket|count)$/;
const KNOWN = /^(?:.*_)?(bytes|seconds|ratio)$/;
/** Moments since 1970 are no durations. */
const MOMENT = /(?:^|_)(?:time|timestamp)_seconds$/;

/** As OpenMetrics and OpenTelemetry call the units that are shown as such. */
const DECLARED: Readonly<Record<string, string>> = {
  bytes: 'bytes',
  byte: 'bytes',
  By: 'bytes',
  seconds: 'seconds',
  second: 'seconds',
  s: 'seconds',
  ratio: 'ratio',
  ratios: 'ratio',
};

function familyOf(metric: string): string {
  return metric.replace(PART, '');
}

function unitOfMetric(metric: string, isRate: boolean, declared: Declared): Unit {
  const known = [metric, familyOf(metric)].flatMap((name) => declared.get(name) ?? []);
  const said = new Set(known.map(({ unit }) => unit).filter((unit) => unit !== ''));
  // Targets that disagree say nothing.
  const [only] = said;
  const unit = said.size === 1 && only !== undefined ? DECLARED[only] : KNOWN.exec(familyOf(metric))?.[1];
  if (metric.endsWith('_count')) return isRate ? '1/s' : 'none';
  // Buckets count observations; only a quantile of them has their unit, and that is told apart by whoever reads it.
  if (metric.endsWith('_bucket')) return 'none';
  switch (unit) {
    case 'bytes':
      return isRate ? 'bytes/s' : 'bytes';
    case 'seconds':
      // Seconds per second are a share.
      return isRate || MOMENT.test(metric) ? 'none' : 'seconds';
    case 'ratio':
      return isRate ? 'none' : 'ratio';
    default:
      return isRate && isCounter(metric, known) ? '1/s' : 'none';
  }
}

function isCounter(metric: string, known: readonly Declaration[]): boolean {
  return metric.endsWith('_total') || (known.length > 0 && known.every(({ type }) => type === 'counter'));
}
