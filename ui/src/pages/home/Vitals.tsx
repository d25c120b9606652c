/** The vital signs of one host as small graphs. */
import { useMemo } from 'preact/hooks';
import { type Outcome, success } from '../../api/failure';
import { askRange } from '../../api/query';
import { ChartRoom, LazyTimeChart } from '../../chart/LazyTimeChart';
import type { ChartSeries } from '../../chart/series';
import { Card } from '../../components/Card';
import { Trouble } from '../../components/Trouble';
import { formatDuration } from '../../format/duration';
import { graphLink, zoomLink } from '../../links';
import { navigate } from '../../router';
import { useResource } from '../../state/resource';
import { type Range, type Span, spanOf, stepOf, windowOf } from './range';
import { type Scope, type Vital, VITALS } from './vitals';

const HEIGHT_PX = 116;
/** Stands for a value that is not there. */
const UNKNOWN = '–';
/** Even a short range is not asked for more often. */
const SHORTEST_REFRESH_S = 5;
const LONGEST_REFRESH_S = 60;

export interface VitalsProps {
  instance: string;
  range: Range;
  /** How often the host is scraped, in seconds. */
  intervalS: number;
}

export function Vitals({ instance, range, intervalS }: VitalsProps) {
  return (
    <div class="vitals">
      {VITALS.map((vital) => (
        <VitalSign key={vital.title} vital={vital} instance={instance} range={range} intervalS={intervalS} />
      ))}
    </div>
  );
}

/** What stands there until it is known whose vital signs are shown, just as high. */
export function VitalsRoom() {
  return (
    <div class="vitals">
      {VITALS.map(({ title }) => (
        <Card key={title} title={title} aside={<output class="headline">{UNKNOWN}</output>}>
          <ChartRoom height={HEIGHT_PX} />
        </Card>
      ))}
    </div>
  );
}

interface Drawn {
  series: ChartSeries[];
  span: Span;
}

function VitalSign({ vital, instance, range, intervalS }: VitalsProps & { vital: Vital }) {
  const step = stepOf(range, intervalS);
  const scope = { instance, window: formatDuration(windowOf(step, intervalS)) };
  const exprs = vital.parts.map((part) => part.expr(scope));
  const everyS = Math.min(Math.max(step, SHORTEST_REFRESH_S), LONGEST_REFRESH_S);
  const key = JSON.stringify(['vital', range, ...exprs]);
  const { value, failure } = useResource<Drawn>(
    key,
    (signal) => ask(vital, scope, spanOf(range, step), signal),
    everyS * 1000,
  );
  const headline = useMemo(() => headlineOf(vital, value?.series ?? []), [vital, value]);
  return (
    <Card
      title={<a href={graphLink(exprs, range)}>{vital.title}</a>}
      aside={<output class="headline">{headline}</output>}
    >
      {value === undefined &&
        (failure === undefined ? <ChartRoom height={HEIGHT_PX} /> : <Trouble failure={failure} />)}
      {value !== undefined && (
        <LazyTimeChart
          label={vital.title}
          series={value.series}
          start={value.span.start}
          end={value.span.end}
          height={HEIGHT_PX}
          stacked={vital.stacked ?? false}
          unit={vital.unit}
          sync="vitals"
          onZoom={(start, end) => navigate(zoomLink(exprs, start, end))}
        />
      )}
    </Card>
  );
}

async function ask(vital: Vital, scope: Scope, span: Span, signal: AbortSignal): Promise<Outcome<Drawn>> {
  const answers = await Promise.all(
    vital.parts.map(async (part) => ({ part, outcome: await askRange({ expr: part.expr(scope), ...span, signal }) })),
  );
  const series: ChartSeries[] = [];
  for (const { part, outcome } of answers) {
    if (!outcome.ok) return outcome;
    for (const one of part.arrange?.(outcome.value) ?? outcome.value)
      series.push({ name: part.name(one.metric), labels: one.metric, times: one.times, values: one.values });
  }
  return success({ series, span });
}

function headlineOf(vital: Vital, series: readonly ChartSeries[]): string {
  const last = series.flatMap(({ values }) => values[values.length - 1] ?? []);
  return last.length === 0 ? UNKNOWN : vital.headline(last, vital.unit);
}
