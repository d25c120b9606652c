/** The expressions that were run before, to choose from. */
import { useState } from 'preact/hooks';
import { Dialog } from '../../components/Dialog';
import { visible } from '../../format/series';
import { forgetAll, history } from './history';

export interface HistoryDialogProps {
  isOpen: boolean;
  onClose: () => void;
  onChoose: (expr: string) => void;
}

export function HistoryDialog({ isOpen, onClose, onChoose }: HistoryDialogProps) {
  const [filter, setFilter] = useState('');
  const listed = history.value.filter((expr) => expr.toLowerCase().includes(filter.toLowerCase()));
  return (
    <Dialog title="Queries run before" isOpen={isOpen} onClose={onClose}>
      {history.value.length === 0 ? (
        <p class="muted">None yet. What is run in this browser is kept here, and nowhere else.</p>
      ) : (
        <>
          <input
            class="field"
            type="search"
            aria-label="Find a query"
            placeholder="Find a query"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
          <ul class="history-list">
            {listed.map((expr) => (
              <li key={expr}>
                <button type="button" class="history-entry code" onClick={() => onChoose(expr)}>
                  <bdi>{visible(expr)}</bdi>
                </button>
              </li>
            ))}
          </ul>
          <button type="button" class="button quiet" onClick={forgetAll}>
            Forget all
          </button>
        </>
      )}
    </Dialog>
  );
}
