/** What healing is and how it is switched on, on a server that has none. */
import { Card } from '../../components/Card';
import { Name } from '../../components/Name';

const REGAIN = `# regain.yml, the file of --regain.config.file
alerting:
  config_file: alertmanager.yml
healing:
  remediations: [remediations.yml]`;

const REMEDIATIONS = `# remediations.yml
escalate_to: team     # a receiver of alertmanager.yml
remediations:
- name: restart-app
  match: ['selfhealing="true"']
  target: [instance]
  mode: shadow        # shows what it would do; auto does it
  steps:
  - systemd: {unit: app.service, verb: restart}`;

const SAID_MAX = 1000;

export function NotConfigured({ said }: { said: string }) {
  return (
    <div class="page healing">
      <h1>Healing</h1>
      <Card title="Nothing is healed on this server">
        <p>
          A remediation says what is done about which alerts: restart a unit, run a command, start a Jenkins job. It
          acts on alerts that fire and are neither silenced nor inhibited, once for each target at a time, never more
          often than its limits allow, and looks afterwards whether it has helped.
        </p>
        {said !== '' && (
          <p class="muted">
            The server says: <Name text={said} most={SAID_MAX} />
          </p>
        )}
        <pre class="log">{REGAIN}</pre>
        <pre class="log">{REMEDIATIONS}</pre>
      </Card>
    </div>
  );
}
