/** The keyboard: what each key does, and the list of them behind `?`. */
import { signal } from '@preact/signals';
import { Dialog } from '../components/Dialog';
import { href, navigate } from '../router';
import { routes } from '../routes';

export const isHelpOpen = signal(false);

/** How long the second key of a shortcut may take, in milliseconds. */
const SECOND_KEY_MS = 1200;

/** Listens for shortcuts until the returned function is called. */
export function startShortcuts(): () => void {
  let wasG = 0;
  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
    if (Date.now() - wasG < SECOND_KEY_MS) {
      wasG = 0;
      const route = routes.find(({ key }) => key === event.key);
      if (route !== undefined) navigate(href(route.path));
      return;
    }
    if (event.key === 'g') wasG = Date.now();
    else if (event.key === '?') isHelpOpen.value = !isHelpOpen.peek();
    else if (event.key === '/') focusSearch(event);
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function isTyping(event: KeyboardEvent): boolean {
  // Inside a shadow root the event's target is the host; the path names what has the focus.
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=radio], [type=checkbox]), textarea, select'))
  );
}

/** A page marks its search field or editor with `data-search`. */
function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>('[data-search]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

export function Help() {
  return (
    <Dialog title="Keyboard shortcuts" isOpen={isHelpOpen.value} onClose={() => (isHelpOpen.value = false)}>
      <dl class="keys">
        {routes
          .filter(({ key }) => key !== undefined)
          .map(({ key, title }) => (
            <div key={key}>
              <dt>
                <kbd>g</kbd> <kbd>{key}</kbd>
              </dt>
              <dd>Go to {title}</dd>
            </div>
          ))}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Go to the search field or the query</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>Show or hide this list</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Close what is open</dd>
        </div>
      </dl>
      <p class="muted">
        <a href={href('/assets/third-party-licenses.txt')} target="_blank" rel="noreferrer">
          Licences of the libraries in these pages
        </a>
      </p>
    </Dialog>
  );
}
