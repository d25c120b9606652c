/** The hosts that are measured, and which of them the pages show. */
import { signal } from '@preact/signals';
import { mapOutcome, type Outcome } from '../../api/failure';
import { askVector, type Sample } from '../../api/query';
import { groupBy } from '../../group';

export interface Host {
  instance: string;
  name: string;
  /** `Linux 6.1.0 x86_64`. */
  system: string;
}

export async function askHosts(ending: AbortSignal): Promise<Outcome<Host[]>> {
  const outcome = mapOutcome(await askVector('node_uname_info', ending), (samples) =>
    samples.map(host).toSorted((a, b) => a.name.localeCompare(b.name) || a.instance.localeCompare(b.instance)),
  );
  if (outcome.ok) learnNames(outcome.value);
  return outcome;
}

function host({ metric }: Sample): Host {
  const { instance = '', nodename = '', sysname = '', release = '', machine = '' } = metric;
  return { instance, name: nodename === '' ? instance : nodename, system: `${sysname} ${release} ${machine}`.trim() };
}

/** Hosts are called by their own name where it is told and nobody else has it, else by the address they are scraped at. */
export const hostNames = signal<ReadonlyMap<string, string>>(new Map());

function learnNames(hosts: readonly Host[]): void {
  const owners = groupBy(hosts, ({ name }) => name);
  hostNames.value = new Map(
    hosts.filter(({ name }) => owners.get(name)?.length === 1).map(({ instance, name }) => [instance, name]),
  );
}

/** What an instance is called. */
export function hostName(instance: string | undefined): string {
  return hostNames.value.get(instance ?? '') ?? instance ?? '';
}

/** The host that was chosen, else the one the server runs on, else the first. */
export function chooseHost(
  hosts: readonly Host[],
  chosen: string | null,
  serverHostname: string | undefined,
): Host | undefined {
  return (
    hosts.find(({ instance }) => instance === chosen) ?? hosts.find(({ name }) => name === serverHostname) ?? hosts[0]
  );
}
