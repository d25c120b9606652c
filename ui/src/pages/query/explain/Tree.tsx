/** The tree of an explanation: a row for each part of the query, moved through with the arrow keys. */
import { useRef } from 'preact/hooks';
import { Name } from '../../../components/Name';
import { formatCount, formatSeconds, formatValue } from '../../../format/number';
import { visible } from '../../../format/series';
import { type Row, target } from './rows';

/** Deeper rows are drawn no further to the right. */
const DEPTH_MAX = 14;
const LABEL_MAX = 200;

export interface TreeProps {
  rows: readonly Row[];
  label: string;
  /** The row whose details are shown, and which takes the focus. */
  active: number;
  onChoose: (row: number) => void;
  onHover: (row: number | undefined) => void;
}

export function Tree({ rows, label, active, onChoose, onHover }: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = target(rows, active, event.key);
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next);
    box.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus();
  };
  return (
    // The rows take the focus, one of them at a time.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      ref={box}
      class="explain-tree"
      role="treegrid"
      aria-label={`Parts of ${label}`}
      onKeyDown={onKeyDown}
      onMouseLeave={() => onHover(undefined)}
    >
      <div class="explain-row explain-head" role="row">
        <div role="columnheader">Part</div>
        <div role="columnheader" class="num" title="Series that come of it">
          Series
        </div>
        <div role="columnheader" title="Samples that it reads from the store">
          Samples read
        </div>
        <div role="columnheader" title="Time that it takes without the parts below it">
          Time
        </div>
      </div>
      {rows.map((row, index) => (
        <div
          key={row.key}
          class={`explain-row${index === active ? ' is-active' : ''}${row.node.empty === undefined ? '' : ' is-empty'}`}
          role="row"
          data-row={index}
          aria-level={row.depth + 1}
          aria-selected={index === active}
          tabIndex={index === active ? 0 : -1}
          onFocus={() => onChoose(index)}
          onMouseEnter={() => onHover(index)}
        >
          <Part row={row} />
          <Made row={row} rows={rows} />
        </div>
      ))}
    </div>
  );
}

function Part({ row: { node, depth, badges } }: { row: Row }) {
  return (
    <div role="rowheader" class="explain-part" style={{ '--depth': String(Math.min(depth, DEPTH_MAX)) }}>
      <Name text={node.label} most={LABEL_MAX} code />
      {badges.map(({ text, title }) => (
        <span key={text} class={text === 'empty' ? 'badge is-empty' : 'badge'} title={visible(title, 500)}>
          {text}
        </span>
      ))}
    </div>
  );
}

/** What comes of a part and what it takes; where others do its work, who they are. */
function Made({ row, rows }: { row: Row; rows: readonly Row[] }) {
  const { figures, partOf, sharedWith, evaluation } = row.node;
  if (figures === undefined) {
    return (
      <div role="gridcell" class="explain-note muted" aria-colspan={3}>
        {partOf !== undefined
          ? `in one go with ${visible(rows[partOf]?.node.label ?? '', 60)}`
          : sharedWith !== undefined
            ? `shared with ${visible(rows[sharedWith]?.node.label ?? '', 60)}`
            : evaluation === 'skipped'
              ? 'not evaluated'
              : ''}
      </div>
    );
  }
  return (
    <>
      <div role="gridcell" class="num">
        {figures.series === undefined ? '' : formatCount(figures.series)}
      </div>
      <div role="gridcell">
        <Share of={row.samples ?? 0} text={formatValue(figures.samplesRead, 'count')} />
      </div>
      <div role="gridcell">
        <Share of={row.time ?? 0} text={formatSeconds(figures.ownSeconds)} />
      </div>
    </>
  );
}

function Share({ of, text }: { of: number; text: string }) {
  return (
    <div class="explain-share">
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${of * 100}%` }} />
      </span>
      <span>{text}</span>
    </div>
  );
}
