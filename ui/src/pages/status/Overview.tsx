/** The program, its process, its clock. */
import {
  askBuildInfo,
  askRuntimeInfo,
  askTsdb,
  type BuildInfo,
  type RuntimeInfo,
  type TsdbStatus,
} from '../../api/status';
import { Card } from '../../components/Card';
import { type Fact, Facts } from '../../components/Facts';
import { Icon } from '../../components/Icon';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { Waiting } from '../../components/Waiting';
import { formatCount, formatSeconds, formatValue } from '../../format/number';
import { parseMoment } from '../../format/time';
import { offset, serverNow, WORTH_SAYING_S } from '../../state/clock';
import { useResource } from '../../state/resource';

const REFRESH_MS = 5000;
/** The overview shows the head's totals only. */
const FEWEST = 1;
const OWN_NAME = 'regain';

export function Overview() {
  const runtime = useResource<RuntimeInfo>('runtimeinfo', askRuntimeInfo, REFRESH_MS);
  const build = useResource<BuildInfo>('buildinfo', askBuildInfo, REFRESH_MS * 12);
  const tsdb = useResource<TsdbStatus>('tsdb-totals', (signal) => askTsdb(FEWEST, signal), REFRESH_MS * 2);
  return (
    <div class="overview">
      <Card title="Process">
        <Waiting on={runtime}>{(info) => <Facts facts={processFacts(info)} />}</Waiting>
      </Card>
      <Card title="Configuration">
        <Waiting on={runtime}>{(info) => <Facts facts={configurationFacts(info)} />}</Waiting>
      </Card>
      <Card title="Storage">
        <Waiting on={tsdb}>{(status) => <Facts facts={[...headFacts(status), ...retention(runtime.value)]} />}</Waiting>
      </Card>
      <Card title="Build">
        <Waiting on={build}>{(info) => <Facts facts={buildFacts(info)} />}</Waiting>
      </Card>
      <Card title="Clock">
        <Clock />
      </Card>
    </div>
  );
}

/** Facts whose values the server left out are not worth a row. */
function told(facts: readonly (readonly [string, string])[]): Fact[] {
  return facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name, <Name key={name} text={value} />] as const);
}

export function buildFacts(info: BuildInfo, original = 'Prometheus'): Fact[] {
  // Clients look for the original's version; Regain's own stands where the original has that of Go.
  const own = info.goVersion.startsWith(OWN_NAME) ? info.goVersion.slice(OWN_NAME.length) : undefined;
  const program = own === undefined ? `${original} ${info.version}` : `Regain ${own}`;
  return told([
    ['Program', program],
    [
      own === undefined ? 'Language' : 'Compatible with',
      own === undefined ? info.goVersion : `${original} ${info.version}`,
    ],
    ['Revision', info.revision],
    ['Branch', info.branch],
    ['Built', [info.buildDate, info.buildUser].filter((part) => part !== '').join(' by ')],
  ]);
}

function processFacts(info: RuntimeInfo): Fact[] {
  const started = parseMoment(info.startTime);
  return [
    ['Started', <Moment key="started" ms={started} />],
    ['Up for', started === undefined ? 'unknown' : formatSeconds(Math.max(serverNow() - started / 1000, 0))],
    ...told([
      ['Host', info.hostname],
      ['Working directory', info.CWD],
    ]),
    ['Tasks', formatCount(info.goroutineCount)],
    ['Processors in use', formatCount(info.GOMAXPROCS)],
    ...(info.GOMEMLIMIT > 0 ? [['Memory limit', formatValue(info.GOMEMLIMIT, 'bytes')] as const] : []),
  ];
}

function configurationFacts(info: RuntimeInfo): Fact[] {
  const verdict = info.reloadConfigSuccess ? (
    <span class="good inline">
      <Icon name="good" /> in force
    </span>
  ) : (
    <span class="bad">
      The last reload failed, so the configuration before it is in force. The server's log says what is wrong;{' '}
      <code>promtool check config</code> says it before a reload.
    </span>
  );
  return [
    ['State', verdict],
    ['Loaded', <Moment key="loaded" ms={parseMoment(info.lastConfigTime)} />],
  ];
}

export function headFacts({ headStats: head }: TsdbStatus): Fact[] {
  const isEmpty = head.maxTime < head.minTime;
  return [
    ['Series in memory', formatCount(head.numSeries)],
    ['Label pairs', formatCount(head.numLabelPairs)],
    ['Chunks', formatCount(head.chunkCount)],
    ['Oldest in memory', isEmpty ? 'nothing yet' : <Moment key="oldest" ms={head.minTime} />],
    ['Newest', isEmpty ? 'nothing yet' : <Moment key="newest" ms={head.maxTime} />],
  ];
}

function retention(info: RuntimeInfo | undefined): Fact[] {
  if (info === undefined) return [];
  const damaged: Fact[] =
    info.corruptionCount > 0
      ? [
          [
            'Damaged places',
            <span key="damaged" class="bad">
              {formatCount(info.corruptionCount)}
            </span>,
          ],
        ]
      : [];
  return [['Kept for', info.storageRetention === '' ? 'ever' : info.storageRetention], ...damaged];
}

function Clock() {
  const measured = offset.value;
  if (measured === undefined) return <p class="muted">The server has not told its time yet.</p>;
  const away = Math.abs(measured.seconds);
  const isWell = away - measured.error < WORTH_SAYING_S;
  const margin = `± ${formatSeconds(measured.error)}`;
  return (
    <>
      <p class={isWell ? undefined : 'warn'}>
        {away <= measured.error
          ? `This browser's clock and the server's agree (${margin}).`
          : `This browser's clock is ${formatSeconds(away)} ${measured.seconds < 0 ? 'behind' : 'ahead of'} the server's (${margin}).`}
      </p>
      <p class="muted small">
        {isWell
          ? "Graphs end at the server's time."
          : "Graphs end at the server's time, so they are right; set up NTP on both machines to compare them with other logs."}
      </p>
    </>
  );
}
