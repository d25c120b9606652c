/** A day with some alerts, silences and remediations, as a real server would tell of it. */
import type { Answerer } from './answers';
import { healingStory } from './healing-story';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const MINUTE = 60;
const HOUR = 3600;

/** Identifiers of silences. */
export const SILENCE_ID = '0e2a4b1c-9f0d-4c37-8a51-3f4f1f5f2c11';
export const EXPIRED_ID = '5b1d6c0a-33e0-4b0e-9d0e-0a51b6fd2f10';

const labels = (alertname: string, instance: string, severity: string, more: object = {}) => ({
  alertname,
  instance,
  job: 'node',
  severity,
  ...more,
});

const DISK = labels('DiskFillsSoon', 'db-1.example:9100', 'critical', {
  device: '/dev/sda2',
  mountpoint: '/var/lib/postgresql',
});
const APP = labels('AppDown', 'app-1.example:9100', 'high', {
  name: 'app.service',
  selfhealing: 'true',
  pod: 'app-7f9c6d-x2z1q',
});
const QUEUE = labels('QueueGrows', 'mq-1.example:9100', 'warning', { queue: 'orders' });
const CLOCK = labels('ClockSkew', 'web-2.example:9100', 'warning');

function raised(of: object, summary: string, seconds: number, value: string, more: object = {}) {
  const annotations = { summary, runbook_url: 'https://runbooks.example/node' };
  return { labels: of, annotations, state: 'firing', activeAt: ago(seconds), value, ...more };
}

const evaluated = () => ({ evaluationTime: 0.0021, lastEvaluation: ago(3), health: 'ok' });

function rule(name: string, query: string, alerts: object[], more: object = {}) {
  const state =
    alerts.length === 0
      ? 'inactive'
      : alerts.some((one) => 'state' in one && one.state === 'firing')
        ? 'firing'
        : 'pending';
  return {
    ...evaluated(),
    type: 'alerting',
    name,
    query,
    duration: 600,
    keepFiringFor: 0,
    labels: { severity: 'warning' },
    annotations: { summary: '{{ $labels.instance }} is in trouble' },
    alerts,
    state,
    ...more,
  };
}

function groups(type: string | null) {
  const recording = {
    ...evaluated(),
    type: 'recording',
    name: 'instance:node_cpu_utilisation:rate5m',
    query:
      '1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{job="node", mode=~"idle|iowait|steal"}[5m])))',
    labels: {},
  };
  const all = [
    {
      ...evaluated(),
      name: 'node-recording',
      file: '/etc/regain/rules/recording.yml',
      interval: 30,
      limit: 0,
      rules: [
        recording,
        { ...recording, name: 'instance:node_load1_per_cpu:ratio', query: 'node_load1 / instance:node_num_cpu:sum' },
      ],
    },
    {
      ...evaluated(),
      name: 'node',
      file: '/etc/regain/rules/node.yml',
      interval: 15,
      limit: 0,
      rules: [
        rule(
          'DiskFillsSoon',
          'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[1h], 6 * 3600) < 0\nand\nnode_filesystem_readonly == 0',
          [
            raised(
              DISK,
              'The disk at /var/lib/postgresql on db-1.example is full in about three hours.',
              2 * HOUR,
              '-8.3124e+09',
            ),
          ],
          { labels: { severity: 'critical' }, keepFiringFor: 300 },
        ),
        rule('ClockSkew', 'abs(node_timex_offset_seconds) > 0.05', [
          raised(CLOCK, 'The clock of web-2.example is 83 ms off.', 4 * MINUTE, '8.3e-02', { state: 'pending' }),
        ]),
        rule('MemoryLow', 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05', []),
        rule('HostDown', 'up{job="node"} == 0', []),
      ],
    },
    {
      ...evaluated(),
      name: 'app',
      file: '/etc/regain/rules/app.yml',
      interval: 5,
      limit: 100,
      rules: [
        rule(
          'AppDown',
          'node_systemd_unit_state{name="app.service", state="active"} != 1',
          [raised(APP, 'app.service on app-1.example is not active.', 70, '0e+00')],
          {
            duration: 10,
            labels: { severity: 'high', selfhealing: 'true' },
          },
        ),
        rule('QueueGrows', 'deriv(rabbitmq_queue_messages[10m]) > 0.5', [
          raised(QUEUE, 'The queue orders has grown for half an hour.', 34 * MINUTE, '2.71e+00'),
        ]),
        rule(
          'LatencyHigh',
          'histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m])) > on(job) slo:latency',
          [],
          {
            health: 'err',
            state: 'unknown',
            lastError:
              'found duplicate series for the match group {job="api"} on the right hand-side of the operation: [{job="api", zone="a"}, {job="api", zone="b"}];many-to-many matching not allowed: matching labels must be unique on one side',
          },
        ),
      ],
    },
  ];
  return type === 'alert' ? all.slice(1) : all;
}

function routed(
  of: Record<string, string>,
  fingerprint: string,
  summary: string,
  seconds: number,
  status: object = {},
) {
  return {
    labels: { region: 'eu-west', ...of },
    annotations: { summary, runbook_url: 'https://runbooks.example/node' },
    generatorURL: 'http://regain.example:9090/graph?g0.expr=up&g0.tab=1',
    startsAt: ago(seconds),
    endsAt: ago(-240),
    updatedAt: ago(5),
    fingerprint,
    receivers: [{ name: 'slack' }],
    status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
  };
}

const routes = () => [
  routed(DISK, 'a1', 'The disk at /var/lib/postgresql on db-1.example is full in about three hours.', 2 * HOUR),
  routed(APP, 'b2', 'app.service on app-1.example is not active.', 60),
  routed(QUEUE, 'c3', 'The queue orders has grown for half an hour.', 34 * MINUTE, {
    state: 'suppressed',
    silencedBy: [SILENCE_ID],
    inhibitedBy: ['b2'],
  }),
];

const matcher = (name: string, value: string, isRegex = false) => ({ name, value, isRegex, isEqual: true });

function silence(id: string, state: string, comment: string, hours: [number, number], ...matchers: object[]) {
  return {
    id,
    matchers,
    startsAt: ago(-hours[0] * HOUR),
    endsAt: ago(-hours[1] * HOUR),
    updatedAt: ago(-hours[0] * HOUR),
    createdBy: 'Ada',
    comment,
    annotations: {},
    status: { state },
  };
}

const silences = () => [
  silence(
    SILENCE_ID,
    'active',
    'Orders are replayed after the outage, TICKET-1423',
    [-1, 3],
    matcher('alertname', 'QueueGrows'),
    matcher('queue', 'orders'),
  ),
  silence(
    '7d0cbbd2-6b3b-45a1-8e41-7e5fb7ab4c02',
    'active',
    'New racks are cabled',
    [-20, 30],
    matcher('instance', 'lab-.*', true),
  ),
  silence(
    '93b5a2f4-7c8f-4a55-a29c-3c2b8f6d9e03',
    'pending',
    'Kernel update on Sunday',
    [40, 44],
    matcher('job', 'node'),
  ),
  silence(
    EXPIRED_ID,
    'expired',
    'Database migration',
    [-30, -26],
    matcher('alertname', 'DiskFillsSoon'),
    matcher('instance', 'db-1.example:9100'),
  ),
];

export const story: Record<string, Answerer> = {
  rules: (fields) => ({ groups: groups(fields.get('type')) }),
  alerts: () => ({
    alerts: groups('alert').flatMap(({ rules }) => rules.flatMap((one) => ('alerts' in one ? one.alerts : []))),
  }),
  'v2/alerts': (fields) => (fields.has('filter') ? routes().slice(0, 1) : routes()),
  'v2/alerts/groups': () => [
    { labels: { alertname: 'AppDown', name: 'app.service' }, receiver: { name: 'slack' }, alerts: [routes()[1]] },
    { labels: { alertname: 'DiskFillsSoon' }, receiver: { name: 'slack' }, alerts: [routes()[0]] },
    { labels: { alertname: 'QueueGrows' }, receiver: { name: 'team-orders' }, alerts: [routes()[2]] },
  ],
  'v2/receivers': () => [{ name: 'slack' }, { name: 'team-orders' }],
  'v2/silences': silences,
  'v2/silence/*': (fields) => silences().find(({ id }) => id === fields.get('id')) ?? silences()[0],
  ...healingStory,
};
