/** What runs, how it was set up, and what it stores and what it is asked: views under the addresses that Prometheus has for them, where it has them. */
import { PageLink } from '../../components/PageLink';
import { path } from '../../router';
import { Cardinality } from './cardinality/Cardinality';
import { Configuration } from './Configuration';
import { Flags } from './Flags';
import { Overview } from './Overview';
import { Running } from './running/Running';
import { Storage } from './Storage';
import './status.css';

const VIEWS = [
  { path: '/status', title: 'Overview', view: Overview },
  { path: '/tsdb-status', title: 'Storage', view: Storage },
  { path: '/cardinality', title: 'Cardinality', view: Cardinality },
  { path: '/queries', title: 'Queries', view: Running },
  { path: '/config', title: 'Configuration', view: Configuration },
  { path: '/flags', title: 'Flags', view: Flags },
] as const;

export function Status() {
  const current = VIEWS.find((view) => view.path === path.value) ?? VIEWS[0];
  return (
    <div class="page">
      <h1>Status</h1>
      <nav class="tabs" aria-label="Status">
        {VIEWS.map((view) => (
          <PageLink key={view.path} to={view.path} current={view === current}>
            {view.title}
          </PageLink>
        ))}
      </nav>
      <current.view />
    </div>
  );
}
