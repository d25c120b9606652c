/** What a query does: its parts as a tree, with what each of them reads, makes and takes, and why nothing comes of it. */
import { useMemo, useState } from 'preact/hooks';
import type { Explained } from '../../../api/explain';
import { Icon } from '../../../components/Icon';
import { Segmented } from '../../../components/Segmented';
import { formatSeconds, plural } from '../../../format/number';
import { visible } from '../../../format/series';
import { oneOf, stored } from '../../../state/stored';
import type { Panel } from '../panel';
import { Pending } from '../Pending';
import { QueryTrouble } from '../QueryTrouble';
import { Notes } from '../Results';
import { Details } from './Details';
import { rowsOf } from './rows';
import { Tree } from './Tree';
import { type Over, useExplained } from './useExplained';
import './explain.css';

const OVERS = [
  { value: 'moment', text: 'At one time', title: 'As a table is evaluated' },
  { value: 'range', text: 'Over the range', title: 'As a graph is evaluated' },
] as const;

/** Longer queries are not shown above the tree. In characters. */
const QUERY_MAX = 20_000;

const over = stored<Over>('query.explain', 'range', oneOf('moment', 'range'));

export function ExplainTab({ panel, run, label }: { panel: Panel; run: number; label: string }) {
  const asking = useExplained(panel, run, over.value);
  const { explained, expr, failure, since } = asking;
  return (
    <div class="result explain" aria-busy={since !== undefined}>
      <div>
        <Segmented<Over>
          label="When it is evaluated"
          value={over.value}
          options={OVERS}
          onChange={(value) => (over.value = value)}
        />
      </div>
      {since !== undefined && <Pending since={since} onCancel={asking.cancel} />}
      {failure !== undefined && <QueryTrouble failure={failure} expr={expr ?? panel.expr} />}
      {explained !== undefined && expr !== undefined && (
        <>
          <Notes warnings={asking.warnings} infos={asking.infos} />
          <Explanation key={expr} explained={explained} expr={expr} label={label} />
        </>
      )}
      {explained === undefined && failure === undefined && <div class="result-room" />}
    </div>
  );
}

function Explanation({ explained, expr, label }: { explained: Explained; expr: string; label: string }) {
  const rows = useMemo(() => rowsOf(explained, expr), [explained, expr]);
  const blamed = explained.whyEmpty?.node;
  const [chosen, choose] = useState(blamed ?? 0);
  const [hovered, hover] = useState<number>();
  const active = Math.min(chosen, rows.length - 1);
  const shown = rows[hovered ?? active];
  const details = rows[active];
  return (
    <>
      {explained.whyEmpty !== undefined && (
        <p class="why-empty" role="status">
          <Icon name="info" />
          <span>
            <strong>Nothing is found.</strong> {visible(explained.whyEmpty.text, 2000)}
          </span>
        </p>
      )}
      <Query expr={expr} from={shown?.from ?? 0} to={shown?.to ?? 0} />
      <Tree rows={rows} label={label} active={active} onChoose={choose} onHover={hover} />
      {details !== undefined && <Details row={details} rows={rows} expr={expr} />}
      <Sum explained={explained} />
    </>
  );
}

/** The query with a part of it marked. */
function Query({ expr, from, to }: { expr: string; from: number; to: number }) {
  if (expr.length > QUERY_MAX) return null;
  return (
    <pre class="explain-query">
      {visible(expr.slice(0, from), QUERY_MAX)}
      <mark>{visible(expr.slice(from, to), QUERY_MAX)}</mark>
      {visible(expr.slice(to), QUERY_MAX)}
    </pre>
  );
}

function Sum({ explained: { nodes, series } }: { explained: Explained }) {
  const read = nodes.reduce((sum, { figures }) => sum + (figures?.samplesRead ?? 0), 0);
  const seconds = nodes.reduce((sum, { figures }) => sum + (figures?.ownSeconds ?? 0), 0);
  const parts = [
    series === undefined ? undefined : plural(series, 'series', 'series'),
    `${plural(read, 'sample')} read`,
    formatSeconds(seconds),
  ];
  return <p class="took muted small">{parts.filter((part) => part !== undefined).join(' · ')}</p>;
}
