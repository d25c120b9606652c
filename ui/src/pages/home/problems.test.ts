import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../../../test/fixtures/hostile';
import type { Health, Target } from '../../api/targets';
import { CHECKS, type Finding, ofClock, ofFindings, ofRuntime, ofTargets } from './problems';

function target(instance: string, health: Health, lastError = '', job = 'node'): Target {
  return {
    labels: { job, instance },
    discoveredLabels: {},
    scrapePool: job,
    scrapeUrl: `http://${instance}/metrics`,
    globalUrl: '',
    lastError,
    lastScrape: '',
    lastScrapeDuration: 0,
    health,
    scrapeInterval: '5s',
    scrapeTimeout: '5s',
  };
}

function finding(at: number, value: number, metric: Record<string, string> = {}): Finding {
  const check = CHECKS[at];
  if (check === undefined) throw new Error('there is no such check');
  return { check, sample: { metric: { instance: 'h:9100', ...metric }, time: 0, value } };
}

const RUNTIME = {
  startTime: '',
  CWD: '',
  hostname: '',
  serverTime: '',
  reloadConfigSuccess: true,
  lastConfigTime: '',
  corruptionCount: 0,
  goroutineCount: 0,
  GOMAXPROCS: 0,
  GOMEMLIMIT: 0,
  GOGC: '',
  GODEBUG: '',
  storageRetention: '',
};

describe('targets', () => {
  it('that are up, or not scraped yet, are no problem', () => {
    expect(ofTargets([target('a', 'up'), target('b', 'unknown')])).toEqual([]);
  });

  it('that are down are told one by one with their error', () => {
    const [problem] = ofTargets([target('a:1', 'down', 'connection refused'), target('b', 'up')]);
    expect(problem?.text).toBe('a:1 of job node is down: connection refused.');
    expect(problem?.href).toBe('/targets?pool=node&search=instance%3Da%3A1');
  });

  it('that are down together are one sentence', () => {
    const many = Array.from({ length: 5000 }, (_, index) =>
      target(`h${index}`, index === 0 ? 'up' : 'down', 'no route to host'),
    );
    expect(ofTargets(many)).toEqual([
      {
        level: 'bad',
        text: '4999 of 5,000 targets of job node are down; the first, h1: no route to host.',
        href: '/targets?pool=node&health=down',
      },
    ]);
  });

  it.each(HOSTILE)('may have any error (%#)', (name) => {
    const [problem] = ofTargets([target(name, 'down', name, name)]);
    expect(problem?.text.length).toBeLessThan(2000);
    expect(() => new URL(problem?.href ?? '', 'http://server')).not.toThrow();
  });
});

describe('findings', () => {
  it('are sentences', () => {
    const texts = ofFindings([
      finding(0, 12_000, { mountpoint: '/data' }),
      finding(4, -4.2, { job: 'app' }),
      finding(3, 1, { name: 'app.service' }),
    ]).map(({ text }) => text);
    expect(texts).toEqual([
      'The disk at /data on h:9100 will be full in 3h 20m if it goes on filling as in the last hour.',
      "The clock of h:9100 (job app) is 4.2 s behind this server's; run NTP on both.",
      'The unit app.service on h:9100 has failed.',
    ]);
  });

  it('that are many alike are counted', () => {
    const problems = ofFindings(Array.from({ length: 40 }, (_, index) => finding(3, 1, { name: `${index}.service` })));
    expect(problems).toHaveLength(3);
    expect(problems[2]?.text).toBe('The unit 2.service on h:9100 has failed. So it is with 37 more.');
  });
});

it('a reload that failed is told, and a damaged log', () => {
  expect(ofRuntime(RUNTIME)).toEqual([]);
  expect(ofRuntime({ ...RUNTIME, reloadConfigSuccess: false, corruptionCount: 2 }).map(({ href }) => href)).toEqual([
    '/config',
    '/status',
  ]);
});

it('a browser whose clock is off by more than the measurement may be is told', () => {
  expect(ofClock(undefined)).toEqual([]);
  expect(ofClock({ seconds: 2.5, error: 1 })).toEqual([]);
  expect(ofClock({ seconds: 4, error: 0.1 })[0]?.text).toContain("4 s ahead of this server's");
});
