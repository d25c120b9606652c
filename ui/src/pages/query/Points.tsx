/** All points of one series, and the buckets of one histogram: what does not fit in a row. */
import type { HistogramValue } from '../../api/query';
import { VirtualGrid } from '../../components/VirtualGrid';
import { formatExact } from '../../format/number';
import { formatMoment } from '../../format/time';
import type { AnswerSeries } from './answer/answer';

const ROW_HEIGHT = 24;
const HEIGHT_MAX = 420;

export function Points({ of: { times, values, histograms } }: { of: AnswerSeries }) {
  const row = (index: number) => {
    const histogram = histograms[index - values.length];
    const time = histogram === undefined ? (times[index] ?? 0) : histogram[0];
    const value =
      histogram === undefined
        ? formatExact(values[index] ?? Number.NaN)
        : `count ${histogram[1].count}, sum ${histogram[1].sum}`;
    return { key: index, cells: [formatMoment(time * 1000), value] };
  };
  return (
    <VirtualGrid
      label="Points"
      class="points-grid"
      template="14em minmax(0, 1fr)"
      columns={[
        { key: 'time', title: 'Time' },
        { key: 'value', title: 'Value', class: 'num' },
      ]}
      count={values.length + histograms.length}
      row={row}
      rows={ROW_HEIGHT}
      maxHeight={HEIGHT_MAX}
    />
  );
}

/** How the API writes which bounds of a bucket belong to it. */
const BOUNDS: readonly [string, string][] = [
  ['(', ']'],
  ['[', ')'],
  ['(', ')'],
  ['[', ']'],
];

export function Buckets({ of }: { of: HistogramValue }) {
  const { count, sum, buckets = [] } = of;
  const most = Math.max(...buckets.map((bucket) => Number(bucket[3])), 0);
  return (
    <>
      <p>
        Count {count}, sum {sum}
      </p>
      <VirtualGrid
        label="Buckets"
        class="points-grid"
        template="minmax(0, 1fr) 8em 8em"
        columns={[
          { key: 'range', title: 'Range' },
          { key: 'count', title: 'Count', class: 'num' },
          { key: 'share', title: <span class="sr-only">Share</span> },
        ]}
        count={buckets.length}
        rows={ROW_HEIGHT}
        maxHeight={HEIGHT_MAX}
        row={(index) => {
          const [rule, lower, upper, amount] = buckets[index] ?? [0, '', '', ''];
          const [open, close] = BOUNDS[rule] ?? ['(', ')'];
          const share = most > 0 ? Number(amount) / most : 0;
          return {
            key: index,
            cells: [
              `${open}${lower}, ${upper}${close}`,
              amount,
              <div key="share" class="bar">
                <span style={{ width: `${share * 100}%` }} />
              </div>,
            ],
          };
        }}
      />
    </>
  );
}
