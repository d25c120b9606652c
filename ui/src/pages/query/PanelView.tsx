/** One panel: an expression, when it is evaluated, and its result. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../components/Icon';
import { Segmented } from '../../components/Segmented';
import { ExpressionField, type FieldHandle } from '../../editor/ExpressionField';
import { visible } from '../../format/series';
import { Actions } from './Actions';
import type { Drawn } from './GraphTab';
import { history, remember } from './history';
import { type Panel, type Tab } from './panel';
import { changePanel, duplicatePanel, type Placed, removePanel } from './panels';
import { Result } from './Result';
import { TimeControls } from './TimeControls';
import { useAnswer } from './useAnswer';

const TABS = [
  { value: 'table', text: 'Table' },
  { value: 'graph', text: 'Graph' },
  { value: 'explain', text: 'Explain', title: 'What each part of the query does, and why it finds nothing' },
] as const;

/** A zoom into less than this shows nothing, in seconds. */
const SHORTEST_RANGE_S = 1;

export function PanelView({ placed: { id, panel }, number }: { placed: Placed; number: number }) {
  const [draft, setDraft] = useState(panel.expr);
  const [run, setRun] = useState(0);
  const [isAll, askAll] = useState(false);
  const drawn = useRef<() => Drawn>();
  const editor = useRef<FieldHandle>();
  const asking = useAnswer(panel, run, isAll);
  const change = (next: Partial<Panel>, options?: { replace?: boolean }) => changePanel(id, next, options);
  useEffect(() => {
    editor.current?.set(panel.expr);
    askAll(false);
  }, [panel.expr]);
  const execute = (text: string) => {
    remember(text);
    if (text === panel.expr) setRun(run + 1);
    else change({ expr: text });
  };
  const zoom = (start: number, end: number) => {
    const rangeS = Math.max(Math.round((end - start) * 1000) / 1000, SHORTEST_RANGE_S);
    change({ rangeS, endS: Math.round(end * 1000) / 1000 });
  };
  const title = `Query ${number}`;
  return (
    <section class="card query-panel" aria-label={title}>
      <div class="query-line">
        <button
          type="button"
          class="button quiet"
          aria-expanded={!panel.isCollapsed}
          aria-label={panel.isCollapsed ? `Show the result of query ${number}` : `Hide the result of query ${number}`}
          onClick={() => change({ isCollapsed: !panel.isCollapsed }, { replace: true })}
        >
          <Icon name={panel.isCollapsed ? 'right' : 'down'} />
        </button>
        <ExpressionField
          initial={panel.expr}
          label={`${title}: expression`}
          onChange={setDraft}
          onRun={execute}
          past={() => history.peek()}
          handle={editor}
        />
        <button type="button" class="button main" onClick={() => execute(draft)}>
          Run
        </button>
      </div>
      <div class="query-bar">
        <Segmented<Tab>
          label={`${title}: table, graph or explanation`}
          value={panel.tab}
          options={TABS}
          onChange={(tab) => change({ tab }, { replace: true })}
        />
        {!panel.isCollapsed && <TimeControls panel={panel} onChange={change} />}
        <Actions
          draft={draft}
          asking={asking}
          drawn={drawn}
          onDraft={(text) => {
            editor.current?.set(text);
            editor.current?.focus();
          }}
          onDuplicate={() => duplicatePanel(id, draft)}
          onRemove={() => removePanel(id)}
        />
      </div>
      {!panel.isCollapsed && (
        <Result
          panel={panel}
          asking={asking}
          run={run}
          label={visible(panel.expr, 100)}
          drawn={drawn}
          onAll={() => askAll(true)}
          onExplain={() => change({ tab: 'explain' }, { replace: true })}
          onMode={(mode) => change({ mode }, { replace: true })}
          onExemplars={(hasExemplars) => change({ hasExemplars }, { replace: true })}
          onZoom={zoom}
        />
      )}
    </section>
  );
}
