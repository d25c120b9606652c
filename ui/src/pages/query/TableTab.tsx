/** The result at one moment: a row for each series. */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { HistogramValue } from '../../api/query';
import { copyText } from '../../components/Copy';
import { Dialog } from '../../components/Dialog';
import { Icon } from '../../components/Icon';
import { type GridRow, VirtualGrid } from '../../components/VirtualGrid';
import { useWidth } from '../../components/useWidth';
import { formatExact, formatValue, plural, type Unit } from '../../format/number';
import { selector, visible } from '../../format/series';
import { formatClock, formatMoment } from '../../format/time';
import type { Answer, AnswerSeries } from './answer/answer';
import { Buckets, Points } from './Points';
import { NARROW, topsOf } from './rowHeights';
import { SeriesName } from './SeriesName';

const HEIGHT_MAX = 560;
const SAID_MS = 1800;

export interface TableTabProps {
  answer: Answer;
  unit: Unit;
  label: string;
  onExplain: () => void;
}

export function TableTab({ answer, unit, label, onExplain }: TableTabProps) {
  const box = useRef<HTMLDivElement>(null);
  const [isDown, sortDown] = useState<boolean>();
  const [opened, open] = useState<AnswerSeries>();
  const [said, say] = useState('');
  const width = useWidth(box);
  const order = useMemo(() => orderOf(answer.series, isDown), [answer, isDown]);
  const tops = useMemo(() => topsOf(answer.series, order, width), [answer, order, width]);
  const copy = async (text: string) => {
    say((await copyText(text)) ? `Copied ${visible(text, 80)}` : 'Copying failed');
    setTimeout(() => say(''), SAID_MS);
  };
  if (answer.type === 'string') return <pre class="single">{visible(answer.text, 100_000)}</pre>;
  if (answer.type === 'scalar')
    return <p class="single num-left">{formatExact(answer.series[0]?.values[0] ?? Number.NaN)}</p>;
  if (answer.series.length === 0) return <Empty onExplain={onExplain} />;
  const row = (at: number): GridRow => {
    const one = answer.series[order[at] ?? 0];
    if (one === undefined) return { key: at, cells: [] };
    return {
      key: order[at] ?? at,
      onEnter: () => void copy(selector(one.labels)),
      cells: [
        <SeriesName key="name" labels={one.labels} onCopy={(text) => void copy(text)} />,
        <Value key="value" of={one} unit={unit} onOpen={() => open(one)} />,
        <button
          key="copy"
          type="button"
          class="button quiet small"
          tabIndex={-1}
          title="Copy the series"
          aria-label="Copy the series"
          onClick={() => void copy(selector(one.labels))}
        >
          <Icon name="copy" />
        </button>,
      ],
    };
  };
  return (
    <div ref={box} class="table-tab">
      <VirtualGrid
        label={`Result of ${label}`}
        class={width < NARROW ? 'result-grid is-narrow' : 'result-grid'}
        template={width < NARROW ? 'minmax(0, 1fr) 24px' : 'minmax(0, 1fr) 14em 24px'}
        columns={[
          { key: 'series', title: 'Series' },
          {
            key: 'value',
            title: 'Value',
            class: 'num',
            sorted: isDown === undefined ? undefined : isDown ? 'descending' : 'ascending',
            onSort: () => sortDown(isDown === undefined ? true : isDown ? false : undefined),
          },
          { key: 'copy', title: <span class="sr-only">Copy</span> },
        ]}
        count={order.length}
        row={row}
        rows={tops}
        maxHeight={HEIGHT_MAX}
      />
      <p class="said" role="status">
        {said}
      </p>
      <Dialog title="Points of a series" isOpen={opened !== undefined} onClose={() => open(undefined)}>
        {opened !== undefined && <Details of={opened} />}
      </Dialog>
    </div>
  );
}

export function Empty({ onExplain }: { onExplain: () => void }) {
  return (
    <div class="empty">
      <p>
        The query is fine and has no result.{' '}
        <button type="button" class="link" onClick={onExplain}>
          Explain why
        </button>
      </p>
    </div>
  );
}

function Value({ of, unit, onOpen }: { of: AnswerSeries; unit: Unit; onOpen: () => void }) {
  const { values, times, histograms } = of;
  const amount = values.length + histograms.length;
  const [first] = histograms;
  if (amount > 1) {
    const shown =
      values.length > 0
        ? `${formatExact(values.at(-1) ?? Number.NaN)} @${formatClock((times.at(-1) ?? 0) * 1000)}`
        : 'histograms';
    return (
      <button type="button" class="link" tabIndex={-1} onClick={onOpen}>
        {plural(amount, 'point')}, last {shown}
      </button>
    );
  }
  if (first !== undefined) {
    return (
      <button type="button" class="link" tabIndex={-1} onClick={onOpen}>
        {histogramText(first[1])}
      </button>
    );
  }
  const value = values[0] ?? Number.NaN;
  const exact = formatExact(value);
  const short = formatValue(value, unit);
  const isWorthSaying = unit !== 'none' && Number.isFinite(value) && short !== exact;
  return (
    <span title={formatMoment((times[0] ?? 0) * 1000)}>
      {isWorthSaying && <span class="muted value-short">{short}</span>} {exact}
    </span>
  );
}

function histogramText({ count, sum, buckets = [] }: HistogramValue): string {
  return `Histogram: count ${count}, sum ${sum}, ${plural(buckets.length, 'bucket')}`;
}

function Details({ of }: { of: AnswerSeries }) {
  const [only] = of.histograms;
  return only !== undefined && of.values.length === 0 && of.histograms.length === 1 ? (
    <Buckets of={only[1]} />
  ) : (
    <Points of={of} />
  );
}

function orderOf(series: readonly AnswerSeries[], isDown: boolean | undefined): Uint32Array {
  const order = Uint32Array.from(series.keys());
  if (isDown === undefined) return order;
  const keys = Float64Array.from(series, ({ values }) => values.at(-1) ?? Number.NaN);
  const compare = (a: number, b: number) => {
    const [left, right] = [keys[a] as number, keys[b] as number];
    // What is no number stands below all numbers, whichever way they are sorted.
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    if (left === right) return a - b;
    return left < right === isDown ? 1 : -1;
  };
  return order.toSorted(compare);
}
