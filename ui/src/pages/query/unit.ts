/** The unit of a result, where the names of its metrics leave no doubt. */
import type { Unit } from '../../format/number';

/** What does not name a metric: texts, label matchers, ranges, and the labels of aggregations and of vector matching. */
const NOT_METRICS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi;
const NAME = /[a-zA-Z_:][\w:]*/g;
const KEYWORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset', 'bool', 'and', 'or', 'unless', 'inf', 'nan', 'start', 'end', 'atan2']);

/** Functions whose result is a number of something else, whatever goes in. */
const UNITLESS = /\b(?:count|count_values|count_over_time|changes|resets|absent|absent_over_time|present_over_time|group|timestamp|hour|minute|month|year|day_of_\w+|days_in_month|sgn|log2|log10|ln|exp|sqrt|stdvar|stdvar_over_time|deg|rad|histogram_fraction|histogram_count|a?(?:sin|cos|tan)h?)\b/i;
const PER_SECOND = /\b(?:rate|irate|deriv|idelta)\b/i;
/** These change the unit in ways that are not obvious. */
const SCALING = /[*/^%]/;

/** The unit of the values of an expression. */
export function unitOf(expr: string): Unit {
  const bare = expr.replaceAll(NOT_METRICS, (found) => (found.startsWith('{') ? '{}' : ' '));
  if (UNITLESS.test(bare) || SCALING.test(bare)) return 'none';
  const metrics = metricsIn(bare);
  const isRate = PER_SECOND.test(bare);
  const units = new Set(metrics.map((metric) => unitOfMetric(metric, isRate)));
  const [only] = units;
  return units.size === 1 && only !== undefined ? only : 'none';
}

function metricsIn(bare: string): string[] {
  const found: string[] = [];
  for (const { 0: name, index } of bare.matchAll(NAME)) {
    const isFunction = /^\s*\(/.test(bare.slice(index + name.length));
    const isDigits = index > 0 && /[\w.]/.test(bare[index - 1] ?? '');
    if (!isFunction && !isDigits && !KEYWORDS.has(name.toLowerCase()) && !isAggregation(bare, index, name)) found.push(name);
  }
  return found;
}

/** `sum by (job) (x)`: the labels are gone from the text, what is left is a name before a bracket or before more names. */
function isAggregation(bare: string, index: number, name: string): boolean {
  return AGGREGATIONS.has(name.toLowerCase()) && /^\s+\(|^\s*$/.test(bare.slice(index + name.length));
}

const AGGREGATIONS = new Set(['sum', 'avg', 'min', 'max', 'topk', 'bottomk', 'quantile', 'stddev', 'limitk', 'limit_ratio']);

const KNOWN = /^(?:.*_)?(?<unit>bytes|seconds|ratio)(?<kind>_total|_sum|_bucket|_count)?$/;

function unitOfMetric(metric: string, isRate: boolean): Unit {
  const groups = KNOWN.exec(metric)?.groups;
  const kind = groups?.kind;
  if (kind === '_count') return isRate ? '1/s' : 'none';
  // Buckets count observations; only a quantile of them has their unit, and that is told apart by whoever reads it.
  if (kind === '_bucket') return 'none';
  switch (groups?.unit) {
    case 'bytes':
      return isRate ? 'bytes/s' : 'bytes';
    case 'seconds':
      // Moments since 1970 are no durations; seconds per second are a share.
      if (isRate || /(?:^|_)(?:time|timestamp)_seconds$/.test(metric)) return 'none';
      return 'seconds';
    case 'ratio':
      return isRate ? 'none' : 'ratio';
    default:
      return isRate && metric.endsWith('_total') ? '1/s' : 'none';
  }
}
