/** Name, navigation, and the switches that hold for all pages. */
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from '../components/Icon';
import { Segmented } from '../components/Segmented';
import { href, path } from '../router';
import { routeOf, routes } from '../routes';
import { type Theme, theme } from '../state/theme';
import { type Zone, zone } from '../state/zone';
import { isHelpOpen } from './Help';

const THEMES: readonly { value: Theme; icon: IconName; title: string }[] = [
  { value: 'system', icon: 'system', title: 'Theme of the system' },
  { value: 'light', icon: 'light', title: 'Light theme' },
  { value: 'dark', icon: 'dark', title: 'Dark theme' },
];

const ZONES: readonly { value: Zone; text: string; title: string }[] = [
  { value: 'local', text: 'Local', title: 'Times in the zone of this browser' },
  { value: 'utc', text: 'UTC', title: 'Times in UTC' },
];

export function Header() {
  const current = routeOf(path.value);
  const marked = current?.under ?? current?.path;
  const nav = useRef<HTMLElement>(null);
  // In a narrow window the names of the pages scroll sideways.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [marked]);
  return (
    <header class="top">
      <a class="brand" href={href('/')} aria-label="Regain, home">
        <Mark />
        <span>Regain</span>
      </a>
      <nav ref={nav} aria-label="Pages">
        {routes
          .filter((route) => route.key !== undefined)
          .map((route) => (
            <a key={route.path} href={href(route.path)} aria-current={route.path === marked ? 'page' : undefined}>
              {route.title}
            </a>
          ))}
      </nav>
      <div class="switches">
        <Segmented label="Time zone" value={zone.value} options={ZONES} onChange={(value) => (zone.value = value)} />
        <Segmented
          label="Theme"
          value={theme.value}
          options={THEMES.map(({ value, icon, title }) => ({
            value,
            title,
            text: <Labelled icon={icon} text={title} />,
          }))}
          onChange={(value) => (theme.value = value)}
        />
        <button
          type="button"
          class="button quiet"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => (isHelpOpen.value = true)}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

function Labelled({ icon, text }: { icon: IconName; text: string }) {
  return (
    <>
      <Icon name={icon} />
      <span class="sr-only">{text}</span>
    </>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent-strong)" />
      <path
        d="M6 18h5l3-8 4 13 3-9h5"
        fill="none"
        stroke="#fff"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
