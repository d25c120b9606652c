/** A chart in one sentence, for those who do not see it. */
import { formatValue, type Unit } from '../format/number';
import { visible } from '../format/series';
import { formatMoment } from '../format/time';
import { type ChartSeries, digest } from './series';

/** More series than this are counted, not described. */
const DESCRIBED_MAX = 6;

export function summary(
  label: string,
  series: readonly ChartSeries[],
  start: number,
  end: number,
  unit: Unit | undefined,
): string {
  if (series.length === 0) return `${label}: no data in this range.`;
  const described = series.slice(0, DESCRIBED_MAX).map((one) => `${visible(one.name, 60)} ${range(one, unit)}`);
  const more = series.length > DESCRIBED_MAX ? `, and ${series.length - DESCRIBED_MAX} more series` : '';
  return `${label}, from ${formatMoment(start * 1000)} to ${formatMoment(end * 1000)}: ${described.join('; ')}${more}.`;
}

function range(series: ChartSeries, unit: Unit | undefined): string {
  const { count, least, greatest, last } = digest(series);
  if (count === 0) return 'without data';
  return `between ${formatValue(least, unit)} and ${formatValue(greatest, unit)}, last ${formatValue(last, unit)}`;
}
