import { render } from 'preact';
import { App } from './app';
import { navigate, startRouter } from './router';
import { startResources } from './state/resource';
import { startTheme } from './state/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/content.css';
import './styles/controls.css';
import './styles/shell.css';

/** Alertmanager's pages were behind a `#`, and links to them are in many messages. */
async function followHash(): Promise<void> {
  if (!location.hash.startsWith('#/')) return;
  const { fromHash } = await import('./pages/alerts/address');
  const to = fromHash(location.hash);
  if (to !== undefined) navigate(to, { replace: true });
}

startTheme();
startRouter();
addEventListener('hashchange', () => void followHash());
void followHash();
startResources();
render(<App />, document.body);
