/** Shows the page of the current path. A page that is being loaded leaves the one before in its place, so that nothing flashes. */
import { Component, type ComponentChildren, type ComponentType, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { failed, type Failure, NOT_LOADED } from '../api/failure';
import { PageLink } from '../components/PageLink';
import { Trouble } from '../components/Trouble';
import { path } from '../router';
import { moved, type Route, routeOf, routes } from '../routes';

const loaded = new Map<Route['page'], ComponentType>();

const BROKEN = failed(
  'malformed',
  "This page has failed; the fault is the page's, not yours.",
  "Go to another page or reload. The browser's console has the details.",
).failure;

interface Shown {
  route: Route;
  page: ComponentType;
}

export function Outlet() {
  const here = path.value;
  const route = routeOf(here);
  const [last, show] = useState<Shown>();
  const [failure, fail] = useState<Failure>();
  useEffect(() => {
    fail(undefined);
    if (route === undefined) return undefined;
    let isWanted = true;
    load(route).then(
      (page) => isWanted && show({ route, page }),
      () => isWanted && fail(NOT_LOADED),
    );
    return () => {
      isWanted = false;
    };
  }, [route]);
  if (route === undefined) return here in moved ? null : <Missing />;
  if (failure !== undefined) return <Trouble failure={failure} />;
  const page = atOnce(route);
  const shown = page === undefined ? last : { route, page };
  if (shown === undefined) return null;
  return (
    // Routes that share a page share its state.
    <Boundary key={shown.route.under ?? shown.route.path}>
      <shown.page />
    </Boundary>
  );
}

/** The page, if nothing has to be loaded for it. */
function atOnce(route: Route): ComponentType | undefined {
  return route.isLazy === undefined ? (route.page as ComponentType) : loaded.get(route.page);
}

async function load(route: Route): Promise<ComponentType> {
  const page = atOnce(route) ?? (await (route.page as () => Promise<ComponentType>)());
  loaded.set(route.page, page);
  return page;
}

class Boundary extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static override getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(error: unknown) {
    reportError(error);
  }

  override render() {
    return this.state.isBroken ? <Trouble failure={BROKEN} /> : this.props.children;
  }
}

function Missing() {
  return (
    <div class="page">
      <h1>There is no such page</h1>
      <p>
        These are there:{' '}
        {routes.map((route, index) => (
          <Fragment key={route.path}>
            {index > 0 && ', '}
            <PageLink to={route.path}>{route.title}</PageLink>
          </Fragment>
        ))}
        .
      </p>
    </div>
  );
}
