/** Ends a query, if the reader means it. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../../api/failure';
import { endQuery, type RunningQuery } from '../../../api/queries';
import { Dialog } from '../../../components/Dialog';
import { Name } from '../../../components/Name';
import { Trouble } from '../../../components/Trouble';
import { refresh } from '../../../state/resource';
import { Asker } from './QueryItem';

const TEXT_MAX = 1000;

export interface EndDialogProps {
  /** The query that was chosen. */
  query: RunningQuery | undefined;
  /** Whether it neither waits nor runs any more. */
  isOver: boolean;
  onClose: () => void;
}

export function EndDialog({ query, isOver, onClose }: EndDialogProps) {
  return (
    <Dialog title="End this query?" isOpen={query !== undefined} onClose={onClose}>
      {query !== undefined && <Question key={query.id} query={query} isOver={isOver} onDone={onClose} />}
    </Dialog>
  );
}

function Question({ query, isOver, onDone }: { query: RunningQuery; isOver: boolean; onDone: () => void }) {
  const [failure, fail] = useState<Failure>();
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    const outcome = await endQuery(query.id);
    setBusy(false);
    refresh('running');
    if (!outcome.ok) return fail(outcome.failure);
    return onDone();
  };
  return (
    <>
      <p class="query-to-end">
        <Name text={query.query} most={TEXT_MAX} code />
      </p>
      <p class="muted small">
        <Asker query={query} />
      </p>
      <p role="status">{isOver ? 'It is over meanwhile.' : consequence(query)}</p>
      {failure !== undefined && <Trouble failure={failure} />}
      <div class="actions">
        {!isOver && (
          <button type="button" class="button main" disabled={isBusy} onClick={() => void end()}>
            End the query
          </button>
        )}
        <button type="button" class="button" onClick={onDone}>
          {isOver ? 'Close' : 'Let it go on'}
        </button>
      </div>
    </>
  );
}

function consequence({ kind, rule }: RunningQuery): string {
  if (rule !== undefined) return 'The rule fails this time, and is evaluated again when its group is.';
  if (kind === 'healing') return 'What healing wanted to know stays unknown this time.';
  return 'Whoever asked gets an error that says that the query was killed.';
}
