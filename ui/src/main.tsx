import { render } from 'preact';
import { App } from './app';
import { startRouter } from './router';
import { startResources } from './state/resource';
import { startTheme } from './state/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/content.css';
import './styles/controls.css';
import './styles/shell.css';

startTheme();
startRouter();
startResources();
render(<App />, document.body);
