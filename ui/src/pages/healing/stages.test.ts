import { expect, it } from 'vitest';
import type { Run } from '../../api/healing';
import { healedSince, pausesFor, runsOf, targetNames } from './runs';
import { isLive, moodOf, timelineOf } from './stages';

const at = (second: number) => new Date(Date.parse('2026-11-27T14:00:00Z') + second * 1000).toISOString();

function run(state: string, more: Partial<Run> = {}): Run {
  return {
    id: 'rx-1',
    remediation: 'restart-app',
    target: { instance: 'a:80' },
    alert: { fingerprint: 'f', labels: { alertname: 'AppDown' }, annotations: {}, starts_at: at(0) },
    mode: 'auto',
    state,
    step: 0,
    attempt: 1,
    action: 'restart app.service',
    link: undefined,
    detail: undefined,
    log: undefined,
    started_at: at(0),
    ended_at: undefined,
    stages: [],
    ...more,
  };
}

const stage = (state: string, second: number) => ({ state, at: at(second), detail: undefined });
const told = (of: Run) =>
  timelineOf(of).map(({ word, phase, at: from, until }) => [
    word,
    phase,
    from !== undefined && until !== undefined ? (until - from) / 1000 : undefined,
  ]);

it('shows what was with how long it took, what is, and what may come', () => {
  const live = run('running', {
    stages: [stage('scheduled', 0), stage('triggering', 1), stage('queued', 3), stage('running', 10)],
  });
  expect(isLive(live)).toBe(true);
  expect(told(live)).toEqual([
    ['scheduled', 'past', 1],
    ['triggering', 'past', 2],
    ['queued', 'past', 7],
    ['running', 'now', undefined],
    ['verifying', 'ahead', undefined],
    ['outcome', 'ahead', undefined],
  ]);
});

it('shows what was only, when a run is over', () => {
  const over = run('timed_out', {
    ended_at: at(9),
    stages: [stage('scheduled', 0), stage('running', 2), stage('timed_out', 9)],
  });
  expect(isLive(over)).toBe(false);
  expect(told(over)).toEqual([
    ['scheduled', 'past', 2],
    ['running', 'past', 7],
    ['timed out', 'past', undefined],
  ]);
});

it('knows little of a run without stages, or in a state of a later version', () => {
  expect(told(run('scheduled')).length).toBe(6);
  expect(told(run('pondering')).map(([word]) => word)).toEqual([
    'pondering',
    'scheduled',
    'triggering',
    'queued',
    'running',
    'verifying',
    'outcome',
  ]);
});

it('tells good ends from bad ones', () => {
  expect(['succeeded', 'failed', 'cancelled', 'verifying'].map(moodOf)).toEqual(['good', 'bad', 'unknown', 'live']);
});

it('finds runs by words, live ones apart', () => {
  const runs = [run('running'), run('failed', { id: 'rx-2', ended_at: at(1), detail: 'Exit code 7' })];
  const ids = (search: string) => {
    const { live, over } = runsOf(runs, search);
    return [live.map(({ id }) => id), over.map(({ id }) => id)];
  };
  expect(ids('appdown instance="a:80"')).toEqual([['rx-1'], ['rx-2']]);
  expect(ids('exit 7')).toEqual([[], ['rx-2']]);
});

it('knows which pauses hold', () => {
  const pause = (scope: 'all' | 'remediation' | 'target', name: string) => ({
    scope,
    name,
    by: '',
    reason: '',
    since: at(0),
    until: undefined,
  });
  const pauses = [
    pause('all', ''),
    pause('remediation', 'other'),
    pause('target', '{instance="a:80"}'),
    pause('target', 'a:80'),
  ];
  expect(pausesFor(pauses, 'restart-app', { instance: 'a:80' }).length).toBe(3);
  expect(pausesFor(pauses, 'other').length).toBe(2);
  expect(targetNames([run('running'), run('failed')])).toEqual(['{instance="a:80"}']);
});

it('counts what was healed since a moment', () => {
  const runs = [
    run('succeeded', { ended_at: at(10) }),
    run('failed', { ended_at: at(10) }),
    run('succeeded', { ended_at: at(-10) }),
  ];
  expect(healedSince(runs, Date.parse(at(0))).length).toBe(1);
});
