/** Says what keeps healing from acting though nobody paused it, and whether its records can be believed. */
import type { Healing } from '../../api/healing';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { plural } from '../../format/number';

const NAME_MAX = 80;
const DAMAGE_MAX = 500;
/** More than these are counted. */
const SHOWN_MAX = 5;

export function Obstacles({ healing: { storm, waiting, damage, remediations } }: { healing: Healing }) {
  const broken = remediations.filter(({ breaker_open }) => breaker_open);
  return (
    <div role="status">
      {(storm || broken.length > 0 || damage.length > 0) && (
        <ul class="pauses" aria-label="What keeps healing from acting">
          {damage.length > 0 && <Damage damage={damage} />}
          {storm && (
            <li>
              <Icon name="warn" />
              <p>
                <strong>Nothing is healed: too many targets want it at once</strong>, now {plural(waiting, 'target')}.
                Then more is wrong than single targets. It goes on by itself when fewer do.
              </p>
            </li>
          )}
          {broken.slice(0, SHOWN_MAX).map(({ name }) => (
            <li key={name}>
              <Icon name="warn" />
              <p>
                <strong>
                  <Name text={name} most={NAME_MAX} /> does nothing for now: too many of its last runs failed
                </strong>{' '}
                (its breaker is open).{' '}
                <PageLink to="/healing" params={{ view: 'audit', remediation: name }}>
                  Its decisions
                </PageLink>{' '}
                say when it opened.
              </p>
            </li>
          ))}
          {broken.length > SHOWN_MAX && (
            <li>
              <Icon name="warn" />
              <p>The same holds for {plural(broken.length - SHOWN_MAX, 'more remediation')}.</p>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function Damage({ damage }: { damage: readonly string[] }) {
  return (
    <li class="bad">
      <Icon name="bad" />
      <div>
        <p>
          <strong>The journal is not as it was written</strong>, so that earlier decisions and runs may be missing or
          changed:
        </p>
        <ul>
          {damage.slice(0, SHOWN_MAX).map((one) => (
            <li key={one}>
              <Name text={one} most={DAMAGE_MAX} />
            </li>
          ))}
        </ul>
        {damage.length > SHOWN_MAX && <p>and {plural(damage.length - SHOWN_MAX, 'more place')}</p>}
      </div>
    </li>
  );
}
