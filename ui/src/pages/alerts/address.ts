/** Addresses of other servers' pages, and those that Alertmanager's pages had: all of theirs were behind a `#`. */
import { href, type Params } from '../../router';
import { isFollowable } from '../../components/ForeignLink';

const UUID = /^\/silences\/([0-9a-f-]{36})(\/edit)?$/i;

/** The page that an address like `#/alerts?filter=…` means now; nothing where it never meant one. */
export function fromHash(hash: string): string | undefined {
  const cut = hash.indexOf('?');
  const path = (cut < 0 ? hash : hash.slice(0, cut)).replace(/^#/, '').replace(/\/$/, '');
  const search = new URLSearchParams(cut < 0 ? '' : hash.slice(cut + 1));
  const params: Params = Object.fromEntries(search);
  const silence = UUID.exec(path);
  if (silence !== null) return href(`/silences/${silence[1]}${silence[2] ?? ''}`);
  switch (path) {
    case '/alerts':
      return href('/alerts', { view: 'notified', ...params });
    case '/silences':
    case '/silences/new':
      return href(path, params);
    case '/status':
      return href('/status');
    case '/settings':
      return href('/silences');
    default:
      return undefined;
  }
}

/** Where an Alertmanager has its pages, of the address that alerts are sent to. */
export function pagesOf(destination: string): string | undefined {
  const pages = destination.replace(/\/api\/v[12]\/alerts\/?$/, '');
  return pages !== destination && isFollowable(pages) ? pages : undefined;
}

/** The page of another Alertmanager that silences what the matchers say. */
export function silenceElsewhere(pages: string, matchers: string): string {
  return `${pages}/#/silences/new?filter=${encodeURIComponent(matchers)}`;
}
