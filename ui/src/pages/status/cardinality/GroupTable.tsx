/** The groups: how many series each has, what has come, and when something asked for it. */
import { useRef } from 'preact/hooks';
import type { By, Group, Groups } from '../../../api/cardinality';
import { FromNow } from '../../../components/Elapsed';
import { Moment } from '../../../components/Moment';
import { Name } from '../../../components/Name';
import { useWidth } from '../../../components/useWidth';
import { type GridColumn, type GridRow, VirtualGrid } from '../../../components/VirtualGrid';
import { formatCount } from '../../../format/number';
import { visible } from '../../../format/series';
import { tableLink } from '../../../links';
import { href, navigate, setQuery } from '../../../router';
import { serverNow } from '../../../state/clock';
import { byOf, exprOf, into, isGrowthKnown, type View } from './view';
import { comparedText, growthClass, growthText } from './words';

/** Of the rows in sight, in pixels. */
const HEIGHT_MAX = 620;
/** In a card that is narrower than this, a name has a line of its own. In pixels. */
const NARROW = 620;
const ROW_HEIGHT = 28;
const ROW_HEIGHT_NARROW = 52;
/** Of a name, in characters; more does not fit. */
const NAME_MAX = 160;

const NAMES: Record<By, string> = {
  metric: 'Metric',
  job: 'Job',
  label: 'Label',
  label_value: 'Value',
  metric_label: 'Metric and label',
};

interface Column extends GridColumn {
  /** The width, as CSS has it. */
  width: string;
  cell: (group: Group) => preact.ComponentChildren;
}

export function GroupTable({ view, groups }: { view: View; groups: Groups }) {
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useWidth(box) < NARROW;
  const columns = columnsOf(view, groups, isNarrow);
  const row = (index: number): GridRow => {
    const group = groups.entries[index];
    if (group === undefined) return { key: index, cells: [] };
    const link = linkOf(view, group);
    return {
      key: `${group.name}\0${group.label ?? ''}`,
      onEnter: () => navigate(link),
      cells: [
        <a key="name" class="ranking-name" href={link} tabIndex={-1} title={visible(group.name)}>
          <Name text={group.name} most={NAME_MAX} code />
          {group.label !== undefined && (
            <span class="muted">
              {' '}
              <Name text={group.label} most={NAME_MAX} code />
            </span>
          )}
        </a>,
        ...columns.map((column) => column.cell(group)),
      ],
    };
  };
  return (
    <div ref={box}>
      <VirtualGrid
        label={NAMES[byOf(view)]}
        class={isNarrow ? 'groups is-narrow' : 'groups'}
        template={isNarrow ? `repeat(${columns.length}, minmax(0, 1fr))` : `minmax(0, 1fr) ${widths(columns)}`}
        columns={[{ key: 'name', title: NAMES[byOf(view)], class: 'groups-name' }, ...columns]}
        count={groups.entries.length}
        row={row}
        rows={isNarrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT}
        maxHeight={HEIGHT_MAX}
      />
      {groups.entries.length === 0 && <Nothing view={view} />}
      {byOf(view) === 'metric' && <NotedSince groups={groups} />}
    </div>
  );
}

function widths(columns: readonly Column[]): string {
  return columns.map(({ width }) => width).join(' ');
}

function linkOf(view: View, group: Group): string {
  const params = into(view, group);
  return params === undefined ? tableLink(exprOf(view, group)) : href('/cardinality', params);
}

function columnsOf(view: View, groups: Groups, isNarrow: boolean): Column[] {
  const by = byOf(view);
  const values: Column = {
    key: 'values',
    title: 'Values',
    width: '6em',
    cell: ({ values: count }) => (count === undefined ? '' : formatCount(count)),
  };
  const series: Column = {
    key: 'series',
    title: 'Series',
    width: '6em',
    cell: (group) => (
      <span title={`${formatCount(group.seriesKept)} with older samples`}>{formatCount(group.series)}</span>
    ),
  };
  const columns = by === 'label' || by === 'metric_label' ? [values, series] : [series];
  if (columns.length === 1 && !isNarrow) columns.push(shareColumn(groups));
  if (isGrowthKnown(view)) columns.push(growthColumn(view, groups, isNarrow));
  if (by === 'metric') columns.push(queriedColumn());
  if (groups.entries.some(({ refused }) => refused > 0)) columns.push(refusedColumn());
  return columns;
}

function shareColumn({ series }: Groups): Column {
  const share = (group: Group) => (series > 0 ? (group.series / series) * 100 : 0);
  return {
    key: 'share',
    title: 'Of all',
    width: '90px',
    cell: (group) => (
      <span class="bar" title={`${share(group).toFixed(1)} %`}>
        <span style={{ width: `${Math.min(share(group), 100)}%` }} />
      </span>
    ),
  };
}

function growthColumn({ isByGrowth }: View, { comparedWith }: Groups, isNarrow: boolean): Column {
  return {
    key: 'growth',
    title: isNarrow ? 'Growth' : comparedText(comparedWith, serverNow()),
    width: '8em',
    sorted: isByGrowth ? 'descending' : undefined,
    onSort: () => setQuery({ sort: isByGrowth ? undefined : 'growth' }, { replace: true }),
    cell: ({ growth, before }) => <span class={growthClass(growth, before)}>{growthText(growth, before)}</span>,
  };
}

function queriedColumn(): Column {
  return {
    key: 'queried',
    title: 'Queried',
    width: '9em',
    cell: ({ lastQueried }) => (
      <span class="muted">
        <FromNow ms={lastQueried === undefined ? undefined : lastQueried * 1000} />
      </span>
    ),
  };
}

function refusedColumn(): Column {
  return {
    key: 'refused',
    title: 'Refused',
    width: '6em',
    cell: ({ refused }) => (refused > 0 ? <span class="bad">{formatCount(refused)}</span> : ''),
  };
}

function Nothing({ view }: { view: View }) {
  const isFiltered = view.unqueried !== undefined && byOf(view) === 'metric';
  return <p class="muted">{isFiltered ? 'Something asks for each of them.' : 'There are no such series.'}</p>;
}

/** Without it, nobody could tell what `never` means. */
function NotedSince({ groups: { queriesNotedSince } }: { groups: Groups }) {
  if (queriesNotedSince === undefined) return null;
  return (
    <p class="groups-note muted small">
      It is noted since <Moment ms={queriesNotedSince * 1000} /> which metrics queries and rules select.
    </p>
  );
}
