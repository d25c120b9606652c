/** The targets that relabelling dropped, and why. */
import { useMemo } from 'preact/hooks';
import type { DroppedTarget, Listing } from '../../api/listing';
import { Card } from '../../components/Card';
import { Name } from '../../components/Name';
import { VirtualList } from '../../components/VirtualList';
import { formatCount, plural } from '../../format/number';
import { visible } from '../../format/series';
import { query } from '../../router';
import { filterOf, matcherOf, searchText } from './filter';
import { shortKey } from './rows';
import { RelabelButton } from './TargetDetails';

const LABELS_MAX = 12;
const LABEL_MAX = 60;

export function Dropped({ listing }: { listing: Listing }) {
  const { pool, search } = filterOf(query.value);
  const inPool = useMemo(
    () => listing.droppedTargets.filter(({ scrapePool }) => pool === undefined || scrapePool === pool),
    [listing, pool],
  );
  const found = useMemo(() => inPool.filter(matcherOf(search, textOfDropped)), [inPool, search]);
  const keys = useMemo(() => keysOf(found), [found]);
  const counts = Object.entries(listing.droppedTargetCounts).filter(([name]) => pool === undefined || name === pool);
  const dropped = counts.reduce((sum, [, count]) => sum + count, 0);
  const kept = inPool.length;
  return (
    <Card
      class="target-card"
      title="Dropped by relabelling"
      aside={<span role="status">{plural(dropped, 'target')}</span>}
    >
      {dropped === 0 && <p class="muted">Every target that was discovered is scraped.</p>}
      {kept < dropped && (
        <p class="muted">
          {formatCount(kept)} of them are kept and listed here: <code>keep_dropped_targets</code> of the job bounds
          them.
        </p>
      )}
      {kept > 0 && found.length === 0 && <p class="muted">None fits the filter.</p>}
      <VirtualList
        label="Dropped targets"
        class="target-list"
        keys={keys}
        kind={() => 'dropped'}
        renderItem={(index) => <Item of={found[index]} />}
      />
    </Card>
  );
}

function textOfDropped({ discoveredLabels, scrapePool }: DroppedTarget): string {
  return searchText(discoveredLabels, scrapePool);
}

function keysOf(targets: readonly DroppedTarget[]): string[] {
  const seen = new Map<string, number>();
  return targets.map((target) => {
    const text = `dropped ${target.scrapePool} ${JSON.stringify(target.discoveredLabels)}`;
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return shortKey(`${text} ${before}`);
  });
}

function Item({ of }: { of: DroppedTarget | undefined }) {
  if (of === undefined) return null;
  const { discoveredLabels, scrapePool } = of;
  // What every job sets for every target tells nobody one from the other.
  const pairs = Object.entries(discoveredLabels).filter(
    ([name]) => name !== 'job' && (name.startsWith('__meta_') || !name.startsWith('__')),
  );
  return (
    <article class="target dropped">
      <div class="dropped-line">
        <div>
          <Name text={discoveredLabels.__address__ ?? '(no address)'} most={120} /> <span class="muted">of job</span>{' '}
          <Name text={scrapePool} most={60} />
        </div>
        <RelabelButton pool={scrapePool} labels={discoveredLabels} />
      </div>
      <div class="target-labels">
        {pairs.slice(0, LABELS_MAX).map(([name, value]) => (
          <span key={name} class="label">
            <Name text={`${visible(name, LABEL_MAX)}="${visible(value, LABEL_MAX)}"`} code />
          </span>
        ))}
        {pairs.length > LABELS_MAX && <span class="muted">+{pairs.length - LABELS_MAX}</span>}
      </div>
    </article>
  );
}
