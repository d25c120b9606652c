/** The frame around every page. */
import { useEffect, useRef } from 'preact/hooks';
import { href, navigate, path } from './router';
import { moved, routeOf } from './routes';
import { Header } from './shell/Header';
import { Help, startShortcuts } from './shell/Help';
import { Outlet } from './shell/Outlet';
import { Standing } from './shell/Standing';

export function App() {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const here = path.value;
  const title = routeOf(here)?.title ?? 'No such page';
  useEffect(startShortcuts, []);
  useEffect(() => {
    const elsewhere = moved[here];
    if (elsewhere !== undefined) navigate(href(elsewhere) + location.search, { replace: true });
    document.title = `${title} · Regain`;
    // After a change of pages the focus would stay on a link that has gone; screen readers read on from here.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [here]);
  return (
    <>
      <button type="button" class="skip-link" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header />
      <main ref={main} tabIndex={-1} aria-label={title}>
        <Outlet />
      </main>
      <Standing />
      <Help />
    </>
  );
}
