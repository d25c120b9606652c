/** What is wrong now, one sentence each, with a link to where one sees more. */
import type { Sample } from '../../api/query';
import type { RuntimeInfo } from '../../api/status';
import { nameOf, type Target } from '../../api/targets';
import { formatCount, formatSeconds, formatValue, plural } from '../../format/number';
import { visible } from '../../format/series';
import { groupBy } from '../../group';
import { jobLink, tableLink, targetLink } from '../../links';
import { href } from '../../router';
import { type Offset, WORTH_SAYING_S } from '../../state/clock';
import { DISK_FILLS, REAL_DISKS } from './expressions';
import { hostName } from './hosts';

export interface Problem {
  level: 'bad' | 'warn';
  text: string;
  href?: string;
}

/** A condition that the server's own data can show. */
export interface Check {
  expr: string;
  level: Problem['level'];
  sentence: (sample: Sample) => string;
}

/** Problems alike beyond this number are told together. */
const ONE_BY_ONE = 3;
/** Of a foreign text in a sentence, this many characters are shown. */
const QUOTED_MAX = 200;
const NAME_MAX = 80;

const name = (text: string | undefined) => visible(text ?? '', NAME_MAX);
const host = (instance: string | undefined) => name(hostName(instance));

export const CHECKS: readonly Check[] = [
  {
    expr: DISK_FILLS,
    level: 'bad',
    sentence: ({ metric, value }) =>
      `The disk at ${name(metric.mountpoint)} on ${host(metric.instance)} will be full in ${formatSeconds(Math.max(value, 0))} if it goes on filling as in the last hour.`,
  },
  {
    expr: `node_filesystem_avail_bytes{${REAL_DISKS}} / node_filesystem_size_bytes{${REAL_DISKS}} < 0.05 and node_filesystem_readonly == 0`,
    level: 'bad',
    sentence: ({ metric, value }) =>
      `The disk at ${name(metric.mountpoint)} on ${host(metric.instance)} has only ${formatValue(value, 'ratio')} free.`,
  },
  {
    expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05',
    level: 'bad',
    sentence: ({ metric, value }) =>
      `${host(metric.instance)} has only ${formatValue(value, 'ratio')} of its memory available.`,
  },
  {
    expr: 'node_systemd_unit_state{state="failed"} == 1',
    level: 'bad',
    sentence: ({ metric }) => `The unit ${name(metric.name)} on ${host(metric.instance)} has failed.`,
  },
  {
    expr: `scrape_clock_skew_seconds > ${WORTH_SAYING_S} or scrape_clock_skew_seconds < -${WORTH_SAYING_S}`,
    level: 'warn',
    sentence: ({ metric, value }) =>
      `The clock of ${host(metric.instance)} (job ${name(metric.job)}) is ${formatSeconds(Math.abs(value))} ${value < 0 ? 'behind' : 'ahead of'} this server's; run NTP on both.`,
  },
  {
    expr: 'min_over_time(node_timex_sync_status[5m]) == 0 and node_timex_maxerror_seconds >= 16',
    level: 'warn',
    sentence: ({ metric }) => `The clock of ${host(metric.instance)} is not synchronised; run NTP there.`,
  },
];

/** A sample in a check's answer. */
export interface Finding {
  check: Check;
  sample: Sample;
}

/** The problems that findings are; of many alike, the first are told and the others counted. */
export function ofFindings(findings: readonly Finding[]): Problem[] {
  return [...groupBy(findings, ({ check }) => check)].flatMap(([check, alike]) => {
    const told = alike
      .slice(0, ONE_BY_ONE)
      .map(({ sample }) => ({ level: check.level, text: check.sentence(sample), href: tableLink(check.expr) }));
    const last = told.at(-1);
    if (last !== undefined && alike.length > told.length)
      last.text += ` So it is with ${formatCount(alike.length - told.length)} more.`;
    return told;
  });
}

/** Targets that are down: one by one where they are few, else a sentence for each job. */
export function ofTargets(targets: readonly Target[]): Problem[] {
  const pools = groupBy(targets, (target) => target.scrapePool);
  const problems: Problem[] = [];
  for (const [pool, members] of pools) {
    const down = members.filter((target) => target.health === 'down');
    const [first] = down;
    if (first === undefined) continue;
    if (down.length <= ONE_BY_ONE) {
      for (const target of down) {
        problems.push({
          level: 'bad',
          text: `${name(nameOf(target))} of job ${name(pool)} is down: ${said(target)}.`,
          href: targetLink(target),
        });
      }
    } else {
      const text = `${down.length} of ${plural(members.length, 'target')} of job ${name(pool)} are down; the first, ${name(nameOf(first))}: ${said(first)}.`;
      problems.push({ level: 'bad', text, href: jobLink(pool, 'down') });
    }
  }
  return problems;
}

function said({ lastError }: Target): string {
  return lastError === '' ? 'it gave no reason' : visible(lastError.replace(/\.$/, ''), QUOTED_MAX);
}

export function ofRuntime(info: RuntimeInfo): Problem[] {
  const problems: Problem[] = [];
  if (!info.reloadConfigSuccess) {
    problems.push({
      level: 'bad',
      text: "The last reload of the configuration failed, so the one before is in force; the server's log says what is wrong with the new one.",
      href: href('/config'),
    });
  }
  if (info.corruptionCount > 0) {
    problems.push({
      level: 'bad',
      text: `The write-ahead log had ${plural(info.corruptionCount, 'damaged place')}; samples of that time may be missing.`,
      href: href('/status'),
    });
  }
  return problems;
}

export function ofClock(offset: Offset | undefined): Problem[] {
  if (offset === undefined || Math.abs(offset.seconds) - offset.error < WORTH_SAYING_S) return [];
  const side = offset.seconds < 0 ? 'behind' : 'ahead of';
  return [
    {
      level: 'warn',
      text: `The clock of this browser's computer is ${formatSeconds(Math.abs(offset.seconds))} ${side} this server's; graphs end at the server's time.`,
      href: href('/status'),
    },
  ];
}
