/** A query that waits or runs: its text, how long it has lasted and what it holds, and who asked for it. */
import type { RunningQuery } from '../../../api/queries';
import { Icon } from '../../../components/Icon';
import { Name } from '../../../components/Name';
import { PageLink } from '../../../components/PageLink';
import { formatCount, formatSeconds, formatValue } from '../../../format/number';
import { formatMoment } from '../../../format/time';
import { visible } from '../../../format/series';
import { share, timesOf } from './words';

const TEXT_MAX = 300;
const LABEL_MAX = 80;
const NAME_MAX = 80;

export interface QueryItemProps {
  query: RunningQuery;
  /** What one query may hold. */
  bytesMax: number;
  onEnd: (query: RunningQuery) => void;
}

export function QueryItem({ query: one, bytesMax, onEnd }: QueryItemProps) {
  const { query, state, elapsed, since } = one;
  const isRunning = state === 'running';
  return (
    <article class="query-item" aria-label={`${visible(query, LABEL_MAX)}, ${visible(state, NAME_MAX)}`}>
      <div class="query-item-line">
        <span class={isRunning ? 'query-item-state running' : 'query-item-state'}>
          <Icon name={isRunning ? 'refresh' : 'clock'} /> <Name text={state} most={NAME_MAX} />
        </span>
        <span class="query-item-text">
          <Name text={query} most={TEXT_MAX} code />
        </span>
        <span class="fact num" title={`since ${formatMoment(since * 1000)}`}>
          {formatSeconds(elapsed)}
        </span>
        <Held query={one} bytesMax={bytesMax} />
        <button type="button" class="button small" onClick={() => onEnd(one)}>
          End…<span class="sr-only"> {visible(query, LABEL_MAX)}</span>
        </button>
      </div>
      <p class="query-item-more muted small">
        <Asker query={one} /> · {timesOf(one)} · {formatCount(one.samplesHeld)} samples held,{' '}
        {formatCount(one.samplesPeak)} at most
      </p>
    </article>
  );
}

function Held({ query: { bytesHeld, bytesPeak }, bytesMax }: Pick<QueryItemProps, 'query' | 'bytesMax'>) {
  return (
    <span class="query-item-held fact">
      <span>
        {formatValue(bytesHeld, 'bytes')} <span class="muted">· peak {formatValue(bytesPeak, 'bytes')}</span>
      </span>
      <span class={bytesHeld >= bytesMax ? 'bar full' : 'bar'}>
        <span style={{ width: share(bytesHeld, bytesMax) }} />
      </span>
    </span>
  );
}

/** Who asked for a query, and of what kind it is. */
export function Asker({ query: { kind, client, rule } }: { query: RunningQuery }) {
  if (rule !== undefined) {
    return (
      <>
        rule{' '}
        <PageLink to="/rules" params={{ search: rule.name.slice(0, NAME_MAX) }} title={visible(rule.file)}>
          <Name text={rule.name} most={NAME_MAX} />
        </PageLink>{' '}
        of <Name text={rule.group} most={NAME_MAX} />
      </>
    );
  }
  return (
    <>
      <Name text={kind} most={NAME_MAX} />
      {client !== undefined && (
        <>
          {' '}
          for <Name text={client} most={NAME_MAX} />
        </>
      )}
    </>
  );
}
