/** What is done about alerts without anybody: runs, remediations, every decision with its reason, and the switch that stops it. */
import type { Healing as State } from '../../api/healing';
import { PageLink } from '../../components/PageLink';
import { Waiting } from '../../components/Waiting';
import { query } from '../../router';
import { isAbsent } from '../../state/absent';
import { useResource } from '../../state/resource';
import { REFRESH_MS } from '../alerts/notifying';
import { Audit } from './Audit';
import { loadHealing } from './load';
import { NotConfigured } from './NotConfigured';
import { PauseButton } from './PauseDialog';
import { Obstacles } from './Obstacles';
import { Pauses } from './Pauses';
import { Remediations } from './Remediations';
import { RunLists } from './RunLists';
import '../alerts/alerts.css';
import './healing.css';

const VIEWS = [
  { name: 'runs', title: 'Runs' },
  { name: 'remediations', title: 'Remediations' },
  { name: 'audit', title: 'Decisions' },
] as const;

export function Healing() {
  const healing = useResource<State>('healing', loadHealing, REFRESH_MS);
  const asked = query.value.get('view');
  const current = VIEWS.find(({ name }) => name === asked)?.name ?? 'runs';
  if (isAbsent(healing)) return <NotConfigured said={healing.failure?.what ?? ''} />;
  return (
    <div class="page healing">
      <div>
        <div class="page-head">
          <h1>Healing</h1>
          {healing.value !== undefined && (
            <PauseButton healing={healing.value} text="Pause healing…" order={{ scope: 'all', name: '' }} />
          )}
        </div>
        <Pauses pauses={healing.value?.pauses ?? []} />
        {healing.value !== undefined && <Obstacles healing={healing.value} />}
      </div>
      <nav class="tabs" aria-label="Healing">
        {VIEWS.map(({ name, title }) => (
          <PageLink key={name} to="/healing" params={{ view: name === 'runs' ? '' : name }} current={name === current}>
            {title}
          </PageLink>
        ))}
      </nav>
      <Waiting on={healing}>
        {(state) => (
          <>
            {current === 'runs' && <RunLists healing={state} />}
            {current === 'remediations' && <Remediations healing={state} />}
            {current === 'audit' && <Audit remediations={state.remediations} />}
          </>
        )}
      </Waiting>
    </div>
  );
}
