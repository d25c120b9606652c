/** The status of a receiver of alerts: what runs, whom it tells, and how it was set up. */
import { askReceivers } from '../../api/alerts';
import { askReceiverStatus, type ReceiverStatus } from '../../api/receiver';
import { Card } from '../../components/Card';
import { Copy } from '../../components/Copy';
import { type Fact, Facts } from '../../components/Facts';
import { Chips } from '../../components/LabelChips';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Waiting } from '../../components/Waiting';
import { formatSeconds, plural } from '../../format/number';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { serverNow } from '../../state/clock';
import { useResource } from '../../state/resource';
import { Yaml } from './Configuration';
import { buildFacts } from './Overview';
import './status.css';

const REFRESH_MS = 5000;
const NAME_MAX = 120;
/** More receivers than these are counted. */
const RECEIVERS_MAX = 300;

export function Receiver() {
  const status = useResource<ReceiverStatus>('receiver status', askReceiverStatus, REFRESH_MS);
  const receivers = useResource<string[]>('receivers', askReceivers, REFRESH_MS * 6);
  return (
    <div class="page">
      <h1>Status</h1>
      <div class="overview">
        <Card title="Process">
          <Waiting on={status}>{(value) => <Facts facts={processFacts(value)} />}</Waiting>
        </Card>
        <Card title="Build">
          <Waiting on={status}>
            {({ versionInfo }) => <Facts facts={buildFacts(versionInfo, 'Alertmanager')} />}
          </Waiting>
        </Card>
        <Card title="Receivers" aside={receivers.value !== undefined && plural(receivers.value.length, 'receiver')}>
          <Waiting on={receivers}>
            {(names) => <Chips texts={names.slice(0, RECEIVERS_MAX).map((name) => visible(name, NAME_MAX))} />}
          </Waiting>
        </Card>
      </div>
      <Card
        title="Configuration in force"
        aside={<Copy label="Copy" text={() => status.value?.config.original ?? ''} />}
      >
        <Waiting on={status}>{({ config }) => <Yaml text={config.original} />}</Waiting>
      </Card>
    </div>
  );
}

function processFacts({ uptime, cluster }: ReceiverStatus): Fact[] {
  const started = parseMoment(uptime);
  return [
    ['Started', <Moment key="started" ms={started} />],
    ['Up for', started === undefined ? 'unknown' : formatSeconds(Math.max(serverNow() - started / 1000, 0))],
    ['Cluster', <Name key="cluster" text={cluster.status} most={NAME_MAX} />],
  ];
}
