/** What was done about the alerts of the story. */
import type { Answerer } from './answers';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const MINUTE = 60;
const HOUR = 3600;

/** The labels of the alert that is healed. */
const APP = {
  alertname: 'AppDown',
  instance: 'app-1.example:9100',
  job: 'node',
  severity: 'high',
  name: 'app.service',
  selfhealing: 'true',
  pod: 'app-7f9c6d-x2z1q',
};

const target = { instance: 'app-1.example:9100', name: 'app.service' };
const stage = (state: string, seconds: number, detail: string | null = null) => ({ state, at: ago(seconds), detail });

function run(id: string, more: object) {
  return {
    id,
    remediation: 'restart-app',
    target,
    alert: { fingerprint: 'b2', labels: APP, annotations: {}, starts_at: ago(70) },
    mode: 'auto',
    state: 'running',
    step: 0,
    attempt: 1,
    action: 'build production/clean_data_worker',
    link: 'http://jenkins.example:8080/job/production/job/clean_data_worker/142/',
    detail: null,
    log: null,
    started_at: ago(58),
    ended_at: null,
    stages: [],
    ...more,
  };
}

const LOG = `+ systemctl restart app.service
+ systemctl is-active app.service
activating
+ sleep 1
+ systemctl is-active app.service
active
Finished: SUCCESS`;

const runs = () => [
  run('rx-1f6a90c2', {
    state: 'verifying',
    detail: 'healthy for 12s of 30s',
    log: LOG,
    stages: [
      stage('scheduled', 58),
      stage('triggering', 58),
      stage('queued', 57, 'waiting for the next available executor'),
      stage('running', 49, 'build 142'),
      stage('verifying', 14, 'node_systemd_unit_state is 1'),
    ],
  }),
  run('rx-0c44e1aa', {
    state: 'succeeded',
    started_at: ago(3 * HOUR),
    ended_at: ago(3 * HOUR - 64),
    action: 'restart app.service',
    link: null,
    stages: [
      stage('scheduled', 3 * HOUR),
      stage('triggering', 3 * HOUR),
      stage('running', 3 * HOUR - 1),
      stage('verifying', 3 * HOUR - 4),
      stage('succeeded', 3 * HOUR - 64),
    ],
  }),
  run('rx-9be2d703', {
    state: 'escalated',
    remediation: 'clean-disk',
    target: { instance: 'db-1.example:9100' },
    action: '/usr/local/bin/clean-disk',
    link: null,
    detail: 'The disk is as full as before; the receiver “pager” was told.',
    started_at: ago(5 * HOUR),
    ended_at: ago(5 * HOUR - 400),
    stages: [
      stage('scheduled', 5 * HOUR),
      stage('running', 5 * HOUR - 1),
      stage('verifying', 5 * HOUR - 90),
      stage('failed', 5 * HOUR - 390, 'not healthy within 5m'),
      stage('escalated', 5 * HOUR - 400),
    ],
  }),
];

const remediations = () => [
  {
    name: 'restart-app',
    mode: 'auto',
    match: ['selfhealing="true"', 'alertname="AppDown"'],
    target: ['instance', 'name'],
    steps: [
      { kind: 'jenkins', what: 'build production/clean_data_worker', timeout: '10m' },
      { kind: 'notify', what: 'tell the receiver “pager”', timeout: '30s' },
    ],
    cooldown: '10m',
    limits: [
      { runs: 3, per: '1h', used: 1 },
      { runs: 5, per: '1d', used: 5 },
    ],
    running: 1,
    succeeded: 14,
    failed: 2,
  },
  {
    name: 'clean-disk',
    mode: 'shadow',
    match: ['alertname="DiskFillsSoon"'],
    target: ['instance'],
    steps: [{ kind: 'command', what: '/usr/local/bin/clean-disk', timeout: '2m' }],
    cooldown: '1h',
    limits: [{ runs: 1, per: '1d', used: 0 }],
    running: 0,
    succeeded: 0,
    failed: 1,
  },
];

function entries() {
  const entry = (sequence: number, seconds: number, decision: string, detail: string, more: object = {}) => ({
    sequence,
    at: ago(seconds),
    decision,
    remediation: 'restart-app',
    target,
    alert: 'b2',
    run: 'rx-1f6a90c2',
    reason: null,
    detail,
    ...more,
  });
  return [
    entry(31, 14, 'acted', 'build 142 has succeeded; verifying for 30s'),
    entry(30, 49, 'triggered', 'build production/clean_data_worker, queue item 77'),
    entry(29, 58, 'started', 'AppDown of app-1.example:9100, step 1, attempt 1'),
    entry(28, 140, 'not_started', 'cooldown until 12:04: healed 4m ago', { run: null, reason: 'cooldown' }),
    entry(27, 20 * MINUTE, 'not_started', 'silence 0e2a4b1c of Ada matches', {
      run: null,
      reason: 'silenced',
      remediation: 'clean-disk',
      target: { instance: 'db-1.example:9100' },
    }),
    entry(26, 3 * HOUR - 64, 'verified', 'healthy for 30s on fresh samples', { run: 'rx-0c44e1aa' }),
    entry(25, 5 * HOUR - 400, 'escalated', 'The receiver “pager” was told.', {
      run: 'rx-9be2d703',
      reason: 'exhausted',
      remediation: 'clean-disk',
    }),
  ];
}

export const pauseOfAll = () => ({
  scope: 'all',
  name: '',
  by: 'Ada',
  reason: 'The network is being rebuilt',
  since: ago(300),
  until: ago(-3300),
});

export const healingStory: Record<string, Answerer> = {
  'regain/healing': () => ({ mode: 'in_process', pauses: [], remediations: remediations(), runs: runs() }),
  'regain/healing/audit': (fields) => ({
    entries: entries().filter(({ decision }) => (fields.get('decision') ?? decision) === decision),
    next: fields.has('before') ? null : 25,
  }),
};
