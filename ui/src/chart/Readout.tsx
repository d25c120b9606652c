/** The values at the pointer: of the nearest series with its labels, or of all series; or the exemplar under it. */
import type { Exemplar } from '../api/exemplars';
import type { Labels } from '../api/query';
import { Name } from '../components/Name';
import { formatExact, formatValue, plural, type Unit } from '../format/number';
import { visible } from '../format/series';
import { formatMoment } from '../format/time';
import { swatch } from './palette';
import { byValue } from './pointed';
import type { ChartSeries } from './series';
import type { Content, Pointer } from './surface';

/** More series and labels than these are counted, not listed: the box has to fit beside the pointer. */
const LISTED_MAX = 14;
const LABELS_MAX = 14;
const NAME_MAX = 120;
/** From the pointer to the box, in pixels. */
const DISTANCE = 14;

export interface ReadoutProps {
  mode: 'nearest' | 'all';
  pointer: Pointer;
  content: Content;
  unit: Unit | undefined;
}

/** Stands on the side of the pointer that has more room. */
export function Readout({ mode, pointer, content, unit }: ReadoutProps) {
  const { width } = pointer;
  const isLeft = pointer.left > width / 2;
  const side = isLeft ? { right: `${width - pointer.left + DISTANCE}px` } : { left: `${pointer.left + DISTANCE}px` };
  const room = `${Math.max((isLeft ? pointer.left : width - pointer.left) - DISTANCE, 0)}px`;
  return (
    <div class="readout" style={{ ...side, maxWidth: `min(26rem, ${room})` }} aria-hidden="true">
      {pointer.exemplar === undefined ? (
        <>
          <p class="readout-time">{formatMoment((pointer.nearest?.time ?? pointer.time) * 1000)}</p>
          {pointer.nearest === undefined && <p class="muted">No value here.</p>}
          {mode === 'all' ? (
            <All pointer={pointer} content={content} unit={unit} />
          ) : (
            <Nearest pointer={pointer} content={content} unit={unit} />
          )}
        </>
      ) : (
        <One exemplar={pointer.exemplar} unit={unit} />
      )}
    </div>
  );
}

/** An exemplar: its own labels, which are why one looks at it, and then those of its series. */
function One({ exemplar: { time, value, labels, series }, unit }: { exemplar: Exemplar; unit: Unit | undefined }) {
  const { __name__: metric, ...others } = series;
  return (
    <>
      <p class="readout-time">{formatMoment(time * 1000)}</p>
      <p class="readout-row">
        <span aria-hidden="true">◆</span>
        <span>Exemplar</span>
        <strong>{valueText(value, unit)}</strong>
      </p>
      <LabelList labels={labels} />
      <p class="muted">
        of <Name text={metric ?? 'a series'} most={NAME_MAX} />
      </p>
      <LabelList labels={others} />
    </>
  );
}

function LabelList({ labels }: { labels: Labels }) {
  const pairs = Object.entries(labels);
  return (
    <>
      <dl class="readout-labels">
        {pairs.slice(0, LABELS_MAX).map(([name, value]) => (
          <div key={name}>
            <dt>
              <Name text={name} most={NAME_MAX} />
            </dt>
            <dd>
              <Name text={value} most={NAME_MAX} />
            </dd>
          </div>
        ))}
      </dl>
      {pairs.length > LABELS_MAX && <p class="muted">and {plural(pairs.length - LABELS_MAX, 'more label')}</p>}
    </>
  );
}

type PartProps = Pick<ReadoutProps, 'pointer' | 'content' | 'unit'>;

function Nearest({ pointer: { nearest }, content, unit }: PartProps) {
  const one = nearest === undefined ? undefined : content.series[nearest.index];
  if (nearest === undefined || one === undefined) return null;
  const { __name__: metric, ...labels } = one.labels;
  const isBare = Object.keys(labels).length === 0;
  return (
    <>
      <p class="readout-row">
        <span class="swatch" style={{ background: swatch(content.places[nearest.index] ?? 0) }} />
        <Name text={metric ?? (isBare ? one.name : 'value')} most={NAME_MAX} />
        <strong>{valueText(nearest.value, unit)}</strong>
      </p>
      <LabelList labels={labels} />
    </>
  );
}

function All({ pointer, content, unit }: PartProps) {
  const points = byValue(pointer.points);
  return (
    <>
      {points.slice(0, LISTED_MAX).map((point) => (
        <p key={point.index} class={point.index === pointer.nearest?.index ? 'readout-row is-nearest' : 'readout-row'}>
          <span class="swatch" style={{ background: swatch(content.places[point.index] ?? 0) }} />
          <Name text={shortName(content.series[point.index])} most={NAME_MAX} />
          <span>{formatValue(point.value, unit)}</span>
        </p>
      ))}
      {points.length > LISTED_MAX && (
        <p class="muted">
          and {plural(points.length - LISTED_MAX, 'series with a lower value', 'series with lower values')}
        </p>
      )}
    </>
  );
}

function shortName(series: ChartSeries | undefined): string {
  return series?.short ?? series?.name ?? '';
}

/** A value for reading, and all its digits where they say more. */
function valueText(value: number, unit: Unit | undefined): string {
  const short = formatValue(value, unit);
  const long = formatExact(value);
  return short.replace('−', '-') === long ? short : `${short} (${long})`;
}

/** The nearest value in words. */
export function readoutText(pointer: Pointer, series: readonly ChartSeries[], unit: Unit | undefined): string {
  const { nearest } = pointer;
  if (nearest === undefined) return 'no value';
  return `${formatValue(nearest.value, unit)}, ${visible(series[nearest.index]?.name ?? '', NAME_MAX)}`;
}
