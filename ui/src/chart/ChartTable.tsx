/** What a chart shows, as a table: newest first, so that the present is at the top. */
import { useMemo } from 'preact/hooks';
import { Name } from '../components/Name';
import { formatValue, type Unit } from '../format/number';
import { formatMoment } from '../format/time';
import { type ChartSeries, momentsOf, nearestIndex } from './series';

/** More rows than this are thinned out. */
const ROWS_MAX = 200;
const COLUMNS_MAX = 20;

export interface ChartTableProps {
  series: readonly ChartSeries[];
  unit: Unit | undefined;
  height: number;
  label: string;
}

export function ChartTable({ series, unit, height, label }: ChartTableProps) {
  const shown = series.slice(0, COLUMNS_MAX);
  const moments = useMemo(() => Array.from(momentsOf(shown)), [series]);
  const every = Math.max(1, Math.ceil(moments.length / ROWS_MAX));
  const rows = moments.toReversed().filter((_, index) => index % every === 0);
  return (
    <div
      class="chart-table"
      style={{ height: `${height}px` }}
      // Scrolls, so it has to be reachable for the arrow keys.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="region"
      aria-label={`${label} as a table`}
    >
      <table class="data">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {shown.map(({ name, short = name }) => (
              <th key={name} scope="col" class="num">
                <Name text={short} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((moment) => (
            <tr key={moment}>
              <th scope="row">{formatMoment(moment * 1000)}</th>
              {shown.map(({ name, times, values }) => (
                <td key={name} class="num">
                  {formatValue(values[nearestIndex(times, moment, 0)], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {(every > 1 || series.length > COLUMNS_MAX) && <p class="muted small">{shortened(every, series.length)}</p>}
    </div>
  );
}

function shortened(every: number, count: number): string {
  const rows = every > 1 ? `One of ${every} moments is listed.` : '';
  const columns = count > COLUMNS_MAX ? `${COLUMNS_MAX} of ${count.toLocaleString('en')} series are listed.` : '';
  return `${rows} ${columns}`.trim();
}
