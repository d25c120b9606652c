/** A chart whose code comes when the first one is shown; until then there is room for it, so that nothing moves when it is there. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { NOT_LOADED } from '../api/failure';
import { Trouble } from '../components/Trouble';
import type { TimeChartProps } from './TimeChart';

let loaded: ComponentType<TimeChartProps> | undefined;

/** Loads the code. It may be called ahead of time; a failed attempt is made again by the next call. */
export async function loadCharts(): Promise<ComponentType<TimeChartProps> | undefined> {
  try {
    loaded ??= (await import('./TimeChart')).TimeChart;
  } catch {
    // The server may be away or updated; whoever shows a chart says so.
  }
  return loaded;
}

export function LazyTimeChart(props: TimeChartProps) {
  const [Chart, setChart] = useState(() => loaded);
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    if (Chart !== undefined) return undefined;
    let isWanted = true;
    const begin = async () => {
      const made = await loadCharts();
      if (!isWanted) return;
      if (made === undefined) setFailed(true);
      else setChart(() => made);
    };
    void begin();
    return () => {
      isWanted = false;
    };
  }, []);
  if (Chart !== undefined) return <Chart {...props} />;
  return isFailed ? <Trouble failure={NOT_LOADED} /> : <ChartRoom height={props.height} />;
}

/** As much room as a chart of this height takes. */
export function ChartRoom({ height }: { height: number }) {
  return (
    <div class="chart" aria-busy="true">
      <div style={{ height: `${height}px` }} />
      <div class="chart-foot" />
    </div>
  );
}
