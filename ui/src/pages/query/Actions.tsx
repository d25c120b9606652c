/** What can be done with a panel and its result. */
import { useState } from 'preact/hooks';
import { ask } from '../../api/request';
import { text } from '../../api/shape';
import { Icon } from '../../components/Icon';
import { visible } from '../../format/series';
import { formatMoment } from '../../format/time';
import { graphCsv, tableCsv } from './export/csv';
import { download, fileName } from './export/download';
import { pictureOf } from './export/png';
import type { Drawn } from './GraphTab';
import { HistoryDialog } from './HistoryDialog';
import { isFull } from './panels';
import type { Asking } from './useAnswer';

export interface ActionsProps {
  draft: string;
  asking: Asking;
  drawn: { current: (() => Drawn) | undefined };
  /** Puts a text into the field. */
  onDraft: (text: string) => void;
  onDuplicate: () => void;
  onRemove: () => void;
}

export function Actions({ draft, asking, drawn, onDraft, onDuplicate, onRemove }: ActionsProps) {
  const [isHistoryOpen, openHistory] = useState(false);
  const [problem, setProblem] = useState('');
  const { answer, question } = asking;
  const isGraph = question !== undefined && 'step' in question.when;
  const hasSeries = answer !== undefined && answer.series.length > 0;
  const format = async () => {
    const outcome = await ask('format_query', { query: draft }, text, { post: true });
    setProblem(outcome.ok ? '' : outcome.failure.what);
    if (outcome.ok) onDraft(outcome.value);
  };
  const saveCsv = () => {
    if (answer === undefined || question === undefined) return;
    const csv = isGraph ? graphCsv(answer.series) : tableCsv(answer.series);
    download(fileName(question.expr, 'csv'), new Blob([csv], { type: 'text/csv;charset=utf-8' }));
  };
  const savePng = async () => {
    const now = drawn.current?.();
    if (answer === undefined || question === undefined || !('step' in question.when) || now?.canvas === undefined)
      return;
    const { start, end } = question.when;
    const period = `${formatMoment(start * 1000)} – ${formatMoment(end * 1000)}`;
    const picture = await pictureOf({
      canvas: now.canvas,
      expr: question.expr,
      series: answer.series,
      shown: now.shown,
      period,
    });
    if (picture !== null) download(fileName(question.expr, 'png'), picture);
  };
  return (
    <div class="query-actions">
      <button type="button" class="button quiet" disabled={draft.trim() === ''} onClick={() => void format()}>
        Format
      </button>
      <button type="button" class="button quiet" onClick={() => openHistory(true)}>
        History
      </button>
      <button type="button" class="button quiet" disabled={!hasSeries} onClick={saveCsv}>
        <Icon name="download" /> CSV
      </button>
      <button type="button" class="button quiet" disabled={!hasSeries || !isGraph} onClick={() => void savePng()}>
        <Icon name="download" /> PNG
      </button>
      <button
        type="button"
        class="button quiet"
        aria-label="Duplicate this query"
        title="Duplicate"
        disabled={isFull.value}
        onClick={onDuplicate}
      >
        <Icon name="copy" />
      </button>
      <button type="button" class="button quiet" aria-label="Remove this query" title="Remove" onClick={onRemove}>
        <Icon name="close" />
      </button>
      <p class="action-problem bad small" role="status">
        {visible(problem, 300)}
      </p>
      <HistoryDialog
        isOpen={isHistoryOpen}
        onClose={() => openHistory(false)}
        onChoose={(expr) => {
          openHistory(false);
          onDraft(expr);
        }}
      />
    </div>
  );
}
