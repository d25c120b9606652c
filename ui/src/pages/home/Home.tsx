/** The first page: how this host and everything that is scraped are doing. */
import { useEffect } from 'preact/hooks';
import { askRuntimeInfo, type RuntimeInfo } from '../../api/status';
import { askVector, type Sample } from '../../api/query';
import { askTargets, type Target } from '../../api/targets';
import { loadCharts } from '../../chart/LazyTimeChart';
import { Card } from '../../components/Card';
import { Name } from '../../components/Name';
import { Segmented } from '../../components/Segmented';
import { Trouble } from '../../components/Trouble';
import { parseDuration } from '../../format/duration';
import { formatSeconds } from '../../format/number';
import { quote, visible } from '../../format/series';
import { query, setQuery } from '../../router';
import { useResource } from '../../state/resource';
import { FillingDisks, LeastMemory } from './Favourites';
import { Firing } from './Firing';
import { Glance } from './Glance';
import { askHosts, chooseHost, type Host } from './hosts';
import { Problems } from './Problems';
import { isRange, type Range, rangeFor, RANGES } from './range';
import { Vitals, VitalsRoom } from './Vitals';
import './home.css';

const REFRESH_MS = 5000;
/** What is assumed of a host whose scrape interval is not known, in seconds. */
const USUAL_INTERVAL_S = 15;
/** Names in the list of hosts are cut to so many characters. */
const OPTION_MAX = 60;

export function Home() {
  // They come while the first answers are on their way.
  useEffect(() => void loadCharts(), []);
  const targets = useResource<Target[]>('targets', askTargets, REFRESH_MS);
  const runtime = useResource<RuntimeInfo>('runtimeinfo', askRuntimeInfo, REFRESH_MS * 2);
  const hosts = useResource<Host[]>('hosts', askHosts, REFRESH_MS);
  const host = chooseHost(hosts.value ?? [], query.value.get('host'), runtime.value?.hostname);
  const intervalS = intervalOf(targets.value ?? [], host?.instance);
  const usual = useUsualRange(host, intervalS);
  const asked = query.value.get('range');
  const range = isRange(asked) ? asked : usual;
  const isEmpty = hosts.value !== undefined && host === undefined;
  return (
    <div class="page home">
      <div class="page-head">
        <Title host={host} hosts={hosts.value ?? []} fallback={runtime.value?.hostname} />
        <Segmented<Range>
          label="Time range"
          value={range}
          options={RANGES.map((value) => ({ value, text: value }))}
          onChange={(value) => setQuery({ range: value }, { replace: true })}
        />
      </div>
      <div class="home-side">
        <Firing />
        <Problems targets={targets} />
        <Glance targets={targets} />
      </div>
      <div class="home-main">
        {host !== undefined && range !== undefined && (
          <Vitals instance={host.instance} range={range} intervalS={intervalS} />
        )}
        {isEmpty && <NoHost />}
        {!isEmpty &&
          (host === undefined || range === undefined) &&
          (hosts.failure === undefined ? <VitalsRoom /> : <Trouble failure={hosts.failure} />)}
        <div class="favourites">
          <LeastMemory />
          <FillingDisks />
        </div>
      </div>
    </div>
  );
}

interface TitleProps {
  host: Host | undefined;
  hosts: readonly Host[];
  fallback: string | undefined;
}

function Title({ host, hosts, fallback }: TitleProps) {
  const choose = (instance: string) => setQuery({ host: instance });
  return (
    <div class="title">
      <h1>
        <Name text={host?.name ?? fallback ?? 'Home'} most={80} />
      </h1>
      {hosts.length > 1 && (
        <select
          class="field"
          aria-label="Host"
          value={host?.instance}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {hosts.map(({ name, instance }) => (
            <option key={instance} value={instance}>
              {visible(name === instance ? name : `${name} (${instance})`, OPTION_MAX)}
            </option>
          ))}
        </select>
      )}
      <p class="muted">{host === undefined ? ' ' : <Uptime host={host} />}</p>
    </div>
  );
}

function Uptime({ host }: { host: Host }) {
  const on = `{instance=${quote(host.instance)}}`;
  const expr = `node_time_seconds${on} - node_boot_time_seconds${on}`;
  const { value } = useResource<Sample[]>(`vector ${expr}`, (signal) => askVector(expr, signal), 60_000);
  const seconds = value?.[0]?.value;
  return (
    <>
      <Name text={host.system} most={100} />
      {seconds !== undefined && `, up ${formatSeconds(Math.floor(seconds / 60) * 60)}`}
    </>
  );
}

function NoHost() {
  return (
    <Card title="No host is measured yet">
      <p>
        The graphs of CPU, memory, disks and network come from a node exporter. <code>regain up</code> measures this
        host by itself; its first samples are there within seconds. <code>regain server</code> measures what it is told
        to: run <code>regain node</code> on the hosts and add them to <code>scrape_configs</code>.
      </p>
    </Card>
  );
}

/** What is shown unless the reader has chosen: it depends on how long the host has been measured, and then stays. */
function useUsualRange(host: Host | undefined, intervalS: number): Range | undefined {
  const expr = host && `count_over_time(node_load1{instance=${quote(host.instance)}}[20m])`;
  const { value, failure } = useResource<Sample[]>(expr && `vector ${expr}`, (signal) => askVector(expr ?? '', signal));
  if (failure !== undefined && value === undefined) return '1h';
  return value && rangeFor((value[0]?.value ?? 0) * intervalS);
}

function intervalOf(targets: readonly Target[], instance: string | undefined): number {
  const target = targets.find(({ labels }) => labels.instance === instance);
  return parseDuration(target?.scrapeInterval ?? '') ?? USUAL_INTERVAL_S;
}
