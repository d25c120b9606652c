/** What the head holds, and which metrics, labels and pairs make it large. */
import { useRef } from 'preact/hooks';
import { askTsdb, type Ranked, type TsdbStatus } from '../../api/status';
import { Card } from '../../components/Card';
import { Figures } from '../../components/Figures';
import { Name } from '../../components/Name';
import { Segmented } from '../../components/Segmented';
import { useWidth } from '../../components/useWidth';
import { type GridRow, VirtualGrid } from '../../components/VirtualGrid';
import { Waiting } from '../../components/Waiting';
import { formatCount, formatValue } from '../../format/number';
import { quote, quoteName, selector, visible } from '../../format/series';
import { tableLink } from '../../links';
import { navigate, query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { headFacts } from './Overview';

const REFRESH_MS = 10_000;
const LIMITS = ['10', '50', '1000'] as const;

/** Of the rows in sight, in pixels. */
const HEIGHT_MAX = 560;
/** In a card that is narrower than this a name has two lines and the shares have no room. In pixels. */
const NARROW = 420;
const ROW_HEIGHT = 28;
const ROW_HEIGHT_NARROW = 46;
/** Of a name, in characters; more does not fit. */
const NAME_MAX = 160;

type Limit = (typeof LIMITS)[number];

interface List {
  title: string;
  /** What the number counts. */
  unit: string;
  of: (status: TsdbStatus) => Ranked[];
  /** A query that shows what is behind an entry. */
  expr: (name: string) => string;
  format?: (value: number) => string;
  /** Whether the numbers are parts of all series. */
  isShare?: boolean;
}

const LISTS: readonly List[] = [
  {
    title: 'Series by metric',
    unit: 'Series',
    of: (status) => status.seriesCountByMetricName,
    expr: (name) => `count by (job, instance) (${selector({ __name__: name })})`,
    isShare: true,
  },
  {
    title: 'Series by label and value',
    unit: 'Series',
    of: (status) => status.seriesCountByLabelValuePair,
    expr: (pair) => `topk(20, count by (__name__) ({${matcher(pair)}}))`,
    isShare: true,
  },
  {
    title: 'Values by label',
    unit: 'Values',
    of: (status) => status.labelValueCountByLabelName,
    expr: (name) => `topk(20, count by (${quoteName(name)}) ({${quoteName(name)}!=""}))`,
  },
  {
    title: 'Memory by label',
    unit: 'Memory',
    of: (status) => status.memoryInBytesByLabelName,
    expr: (name) => `topk(20, count by (${quoteName(name)}) ({${quoteName(name)}!=""}))`,
    format: (value) => formatValue(value, 'bytes'),
  },
];

/** The matcher of a pair as the API writes it: `name=value`, without quotes. */
function matcher(pair: string): string {
  const at = pair.indexOf('=');
  return `${quoteName(pair.slice(0, at))}=${quote(pair.slice(at + 1))}`;
}

export function Storage() {
  const asked = query.value.get('limit');
  const limit = LIMITS.find((choice) => choice === asked) ?? '10';
  const status = useResource<TsdbStatus>(`tsdb ${limit}`, (signal) => askTsdb(Number(limit), signal), REFRESH_MS);
  const choose = (choice: Limit) => setQuery({ limit: choice === '10' ? undefined : choice }, { replace: true });
  return (
    <>
      <Card
        title="In memory"
        aside={
          <Segmented
            label="Entries in each list"
            value={limit}
            options={LIMITS.map((value) => ({ value, text: `Top ${value}` }))}
            onChange={choose}
          />
        }
      >
        <Waiting on={status}>{(value) => <Figures facts={headFacts(value)} />}</Waiting>
      </Card>
      {status.value !== undefined && (
        <div class="rankings">
          {LISTS.map((list) => (
            <Ranking key={list.title} list={list} status={status.value as TsdbStatus} />
          ))}
        </div>
      )}
    </>
  );
}

function Ranking({ list, status }: { list: List; status: TsdbStatus }) {
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useWidth(box) < NARROW;
  const entries = list.of(status);
  const whole = list.isShare === true ? status.headStats.numSeries : Math.max(...entries.map(({ value }) => value));
  const format = list.format ?? formatCount;
  const row = (index: number): GridRow => {
    const { name, value } = entries[index] ?? { name: '', value: 0 };
    const link = tableLink(list.expr(name));
    return {
      key: index,
      onEnter: () => navigate(link),
      cells: [
        <a key="name" class="ranking-name" href={link} tabIndex={-1} title={visible(name)}>
          <Name text={name} most={NAME_MAX} code />
        </a>,
        format(value),
        <span key="share" class="bar">
          <span style={{ width: `${whole > 0 ? (value / whole) * 100 : 0}%` }} />
        </span>,
      ],
    };
  };
  return (
    <Card title={list.title}>
      {entries.length === 0 && <p class="muted">Nothing is stored yet.</p>}
      <div ref={box}>
        <VirtualGrid
          label={list.title}
          class={isNarrow ? 'ranking is-narrow' : 'ranking'}
          template={isNarrow ? 'minmax(0, 1fr) 6em' : 'minmax(0, 1fr) 7em 110px'}
          columns={[
            { key: 'name', title: 'Name' },
            { key: 'value', title: list.unit, class: 'num' },
            { key: 'share', title: list.isShare === true ? 'Of all' : 'Of the most', class: 'ranking-share' },
          ]}
          count={entries.length}
          row={row}
          rows={isNarrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT}
          maxHeight={HEIGHT_MAX}
        />
      </div>
    </Card>
  );
}
