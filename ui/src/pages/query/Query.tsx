/** Questions in PromQL and their answers, as tables and graphs. */
import { askRuntimeInfo } from '../../api/status';
import { Icon } from '../../components/Icon';
import { useResource } from '../../state/resource';
import { addPanel, isFull, panels } from './panels';
import { PanelView } from './PanelView';
import './query.css';

/** How often the server is asked for its time, which is when graphs end; this also notices that it is away. */
const CLOCK_MS = 30_000;

export function Query() {
  useResource('runtimeinfo', askRuntimeInfo, CLOCK_MS);
  return (
    <div class="page query-page">
      <h1 class="sr-only">Query</h1>
      {panels.value.map((placed, index) => (
        <PanelView key={placed.id} placed={placed} number={index + 1} />
      ))}
      <div>
        <button type="button" class="button" disabled={isFull.value} onClick={addPanel}>
          <Icon name="plus" /> Add a query
        </button>
      </div>
    </div>
  );
}
