/** A plot with its legend, and the same as a table. */
import { useState } from 'preact/hooks';
import { Icon } from '../components/Icon';
import type { Unit } from '../format/number';
import { ChartTable } from './ChartTable';
import { Legend } from './Legend';
import { Plot } from './Plot';
import type { ChartSeries } from './series';

export type { ChartSeries } from './series';

export interface TimeChartProps {
  series: readonly ChartSeries[];
  /** In seconds since 1970. */
  start: number;
  end: number;
  /** Of the drawing, without the legend, in pixels. */
  height: number;
  stacked?: boolean;
  unit?: Unit;
  /** Names the chart for those who do not see it. */
  label: string;
  /** Called with a range that the reader has dragged over, in seconds. */
  onZoom?: (start: number, end: number) => void;
  /** Charts with one key share the line that follows the pointer. */
  sync?: string;
}

export function TimeChart(props: TimeChartProps) {
  const { series, height, unit, label } = props;
  const [at, setAt] = useState<number>();
  const [isTable, showTable] = useState(false);
  return (
    <div class="chart">
      {isTable ? (
        <ChartTable series={series} unit={unit} height={height} label={label} />
      ) : (
        <Plot {...props} fromZero onPoint={setAt} />
      )}
      <div class="chart-foot">
        <Legend series={series} at={at} unit={unit} />
        <button
          type="button"
          class="button quiet small"
          aria-pressed={isTable}
          title={isTable ? 'Show as a graph' : 'Show as a table'}
          onClick={() => showTable(!isTable)}
        >
          <Icon name={isTable ? 'chart' : 'table'} />
          <span class="sr-only">{isTable ? `${label} as a graph` : `${label} as a table`}</span>
        </button>
      </div>
    </div>
  );
}
