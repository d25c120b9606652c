/** Who notifies of this server's alerts: the server itself, or others that it sends them to. */
import { useMemo } from 'preact/hooks';
import { askDestinations, askRouted, type RoutedAlert } from '../../api/alerts';
import type { Labels } from '../../api/query';
import { isAbsent, rarelyIfAbsent } from '../../state/absent';
import { type Snapshot, useResource } from '../../state/resource';
import { formatMatchers } from '../silences/matchers';
import { silenceLink, suggestionFor } from '../silences/suggestions';
import { pagesOf, silenceElsewhere } from './address';
import { type Routes, routesOf } from './routed';

export const REFRESH_MS = 5000;
const DESTINATIONS_EVERY_MS = 30_000;

const loadRouted = rarelyIfAbsent<RoutedAlert[]>((signal) => askRouted(signal));

/** All alerts that this server notifies of. */
export function useRouted(): Snapshot<RoutedAlert[]> {
  return useResource<RoutedAlert[]>('routed', loadRouted, REFRESH_MS);
}

export interface Notifying {
  /** `elsewhere` where alerts are only sent on; nothing while that is not known. */
  where: 'here' | 'elsewhere' | undefined;
  routes: Routes | undefined;
  /** The addresses that alerts are sent to; known where `where` is `elsewhere`. */
  destinations: readonly string[] | undefined;
  /** The page that silences such alerts. */
  silence: (labels: Labels) => { href: string; isElsewhere: boolean } | undefined;
}

export function useNotifying(): Notifying {
  const routed = useRouted();
  const where = isAbsent(routed) ? 'elsewhere' : routed.value === undefined ? undefined : 'here';
  const destinations = useResource<string[]>(
    where === 'elsewhere' ? 'destinations' : undefined,
    askDestinations,
    DESTINATIONS_EVERY_MS,
  );
  const routes = useMemo(() => routed.value && routesOf(routed.value), [routed.value]);
  return useMemo(() => {
    const pages = destinations.value?.map(pagesOf).find((address) => address !== undefined);
    const silence = (labels: Labels) => {
      if (where === 'here') return { href: silenceLink(labels), isElsewhere: false };
      if (where === undefined || pages === undefined) return undefined;
      return { href: silenceElsewhere(pages, formatMatchers(suggestionFor(labels).stable)), isElsewhere: true };
    };
    return { where, routes, destinations: destinations.value, silence };
  }, [where, routes, destinations.value]);
}
