/** What a panel's question led to: the answer, the failure, or waiting for one of them. */
import type { Mode, Panel } from './panel';
import { type Drawn, GraphTab } from './GraphTab';
import { Pending } from './Pending';
import { ExplainTab } from './explain/ExplainTab';
import { QueryTrouble } from './QueryTrouble';
import { LeftOut, Notes, Took } from './Results';
import { TableTab } from './TableTab';
import type { Asking } from './useAnswer';
import { useUnit } from './useUnit';

export interface ResultProps {
  panel: Panel;
  asking: Asking;
  /** Counts up when the same query is run again. */
  run: number;
  label: string;
  drawn: { current: (() => Drawn) | undefined };
  onAll: () => void;
  onExplain: () => void;
  onMode: (mode: Mode) => void;
  onExemplars: (hasExemplars: boolean) => void;
  onZoom: (start: number, end: number) => void;
}

export function Result(props: ResultProps) {
  const { panel, asking } = props;
  if (panel.expr.trim() === '')
    return (
      <p class="muted">
        Type an expression and press Enter. Ctrl+Space shows what fits at the cursor, Shift+Enter begins a new line.
      </p>
    );
  if (panel.tab === 'explain') return <ExplainTab panel={panel} run={props.run} label={props.label} />;
  return (
    <div class="result" aria-busy={asking.since !== undefined}>
      {asking.since !== undefined && <Pending since={asking.since} onCancel={asking.cancel} />}
      {asking.failure !== undefined && (
        <QueryTrouble failure={asking.failure} expr={asking.question?.expr ?? panel.expr} />
      )}
      {asking.failure === undefined && <Answered {...props} />}
    </div>
  );
}

function Answered({
  panel,
  asking: { answer, question, warnings, infos },
  label,
  drawn,
  onAll,
  onExplain,
  onMode,
  onExemplars,
  onZoom,
}: ResultProps) {
  const unit = useUnit(question?.expr ?? '');
  if (answer === undefined || question === undefined) return <div class="result-room" />;
  const { when } = question;
  const isGraph = 'step' in when;
  // The answer of the other tab is of no use here; the right one is on its way.
  if (isGraph !== (panel.tab === 'graph')) return <div class="result-room" />;
  return (
    <>
      <Notes warnings={warnings} infos={infos} />
      <LeftOut answer={answer} warnings={warnings} onAll={onAll} />
      {isGraph ? (
        <GraphTab
          answer={answer}
          expr={question.expr}
          start={when.start}
          end={when.end}
          mode={panel.mode}
          hasExemplars={panel.hasExemplars}
          unit={unit}
          label={label}
          drawn={drawn}
          onExplain={onExplain}
          onMode={onMode}
          onExemplars={onExemplars}
          onZoom={onZoom}
        />
      ) : (
        <TableTab answer={answer} unit={unit} label={label} onExplain={onExplain} />
      )}
      <Took answer={answer} />
    </>
  );
}
