/** Where alerts are sent, on a server that does not notify by itself. */
import { Card } from '../../components/Card';
import { ForeignLink } from '../../components/ForeignLink';
import { Icon } from '../../components/Icon';
import { Name } from '../../components/Name';
import { pagesOf } from './address';

const ADDRESS_MAX = 300;

export function SentTo({ destinations }: { destinations: readonly string[] }) {
  if (destinations.length === 0) {
    return (
      <Card title="Nobody is told of alerts">
        <p class="warn inline">
          <Icon name="warn" />
          <span>This server neither notifies by itself nor sends its alerts to an Alertmanager.</span>
        </p>
        <p class="muted">
          Add one to <code>alerting.alertmanagers</code> of the configuration, or start the server with an{' '}
          <code>alertmanager.yml</code> of its own.
        </p>
      </Card>
    );
  }
  return (
    <Card title="Alerts are sent to">
      <ul>
        {destinations.map((address) => (
          <li key={address}>
            <ForeignLink address={pagesOf(address) ?? ''}>
              <Name text={address} most={ADDRESS_MAX} code />
            </ForeignLink>
          </li>
        ))}
      </ul>
      <p class="muted small">They are silenced there, and their notifications are there.</p>
    </Card>
  );
}
