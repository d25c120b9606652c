/** Exemplars below a graph: for those who cannot point at a mark, and to copy the ID of a trace from. */
import type { Exemplar } from '../../api/exemplars';
import { Copy } from '../../components/Copy';
import { Icon } from '../../components/Icon';
import { LabelChips } from '../../components/LabelChips';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Trouble } from '../../components/Trouble';
import { formatCount, formatValue, plural, type Unit } from '../../format/number';
import { selector } from '../../format/series';
import type { Exemplars } from './useExemplars';

/** More rows than these are counted, not shown: the graph shows where they are, and a zoom leaves fewer. */
const LISTED_MAX = 100;
/** The names of labels that hold the ID of a trace, as they are usual. */
const TRACE_IDS = ['trace_id', 'traceID', 'traceid', 'traceId'];

export interface ExemplarListProps {
  exemplars: Exemplars;
  unit: Unit | undefined;
  label: string;
}

export function ExemplarList({ exemplars: { list, failure }, unit, label }: ExemplarListProps) {
  if (failure !== undefined) return <Trouble failure={failure} />;
  if (list === undefined) return <p class="muted small">Looking for exemplars…</p>;
  if (list.length === 0)
    return (
      <p class="left-out" role="note">
        <Icon name="info" />
        <span>
          No exemplars of these series in this time. They come with OpenMetrics, protobuf and remote write, and are kept
          where the server runs with --enable-feature=exemplar-storage.
        </span>
      </p>
    );
  return (
    <div class="exemplars">
      <p class="muted small">{counted(list.length)}</p>
      <div
        class="exemplar-rows"
        // Scrolls, so it has to be reachable for the arrow keys.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={`Exemplars of ${label}`}
      >
        <table class="data">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="num">
                Value
              </th>
              <th scope="col">Exemplar</th>
              <th scope="col">Series</th>
            </tr>
          </thead>
          <tbody>
            {list.slice(0, LISTED_MAX).map((exemplar) => (
              <Row key={keyOf(exemplar)} exemplar={exemplar} unit={unit} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Row({ exemplar: { time, value, labels, series }, unit }: { exemplar: Exemplar; unit: Unit | undefined }) {
  const trace = TRACE_IDS.map((name) => labels[name]).find((id) => id !== undefined);
  return (
    <tr>
      <th scope="row">
        <Moment ms={time * 1000} />
      </th>
      <td class="num">{formatValue(value, unit)}</td>
      <td>
        <span class="exemplar-labels">
          <LabelChips labels={labels} />
          {trace !== undefined && <Copy text={() => trace} label="Copy trace ID" isSmall />}
        </span>
      </td>
      <td>
        <Name text={selector(series)} code />
      </td>
    </tr>
  );
}

/** Tells exemplars apart: a series has one of the same time and value only once. */
function keyOf({ time, value, series }: Exemplar): string {
  return `${time} ${value} ${selector(series)}`;
}

function counted(count: number): string {
  const all = plural(count, 'exemplar');
  return count > LISTED_MAX ? `${all}; the newest ${formatCount(LISTED_MAX)} are listed` : all;
}
