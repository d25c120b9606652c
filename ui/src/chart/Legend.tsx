/** Names and values below a small chart: those at the pointer, else the last ones. */
import { Name } from '../components/Name';
import { formatValue, type Unit } from '../format/number';
import { swatch } from './palette';
import { type ChartSeries, digest, longestPause, nearestIndex } from './series';

/** More names than this are counted, not listed. */
const LISTED_MAX = 12;

export interface LegendProps {
  series: readonly ChartSeries[];
  /** The moment under the pointer, in seconds. */
  at: number | undefined;
  unit: Unit | undefined;
}

export function Legend({ series, at, unit }: LegendProps) {
  return (
    <ul class="legend">
      {series.slice(0, LISTED_MAX).map((one, index) => (
        <li key={one.name}>
          <span class="swatch" style={{ background: swatch(index) }} />
          <Name text={one.name} most={60} />
          <span class="legend-value">{formatValue(at === undefined ? digest(one).last : valueAt(one, at), unit)}</span>
        </li>
      ))}
      {series.length > LISTED_MAX && <li class="muted">and {series.length - LISTED_MAX} more</li>}
    </ul>
  );
}

function valueAt(series: ChartSeries, moment: number): number | undefined {
  const index = nearestIndex(series.times, moment, longestPause([series]));
  return index < 0 ? undefined : series.values[index];
}
