/** What a server would say about rules, alerts, silences and healing, made up from the same names as everything else. */
import type { Answerer } from './answers';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

export const actingAnswers: Record<string, Answerer> = {
  rules: (fields, names) => ({ groups: names.map((name, index) => group(name, index, fields.get('type'))) }),
  alerts: (_, names) => ({ alerts: names.map(raised) }),
  alertmanagers: (_, names) => ({
    activeAlertmanagers: names.map((name) => ({ url: `http://${name}:9093/api/v2/alerts` })),
    droppedAlertmanagers: [],
  }),
  'v2/alerts': (_, names) => names.map(routed),
  'v2/alerts/groups': (_, names) =>
    names.map((name, index) => ({ labels: { [name]: name }, receiver: { name }, alerts: [routed(name, index)] })),
  'v2/receivers': (_, names) => names.map((name) => ({ name })),
  'v2/silences': (_, names) => names.map(silence),
  'v2/silence/*': (fields, names) => ({ ...silence(names[0] ?? 'name', 0), id: fields.get('id') }),
  'POST v2/silences': () => ({ silenceID: 'silence-0' }),
  'DELETE v2/silence/*': () => undefined,
  'regain/healing': (_, names) => ({
    mode: 'in_process',
    pauses: names.map((name) => ({ scope: 'target', name, by: name, reason: name, since: ago(60), until: null })),
    remediations: names.map(remediation),
    runs: names.map(run),
  }),
  'regain/healing/audit': (_, names) => ({
    entries: names.map((name, index) => ({
      sequence: names.length - index,
      at: ago(index),
      decision: index === 0 ? 'not_started' : name,
      remediation: name,
      target: { instance: name },
      alert: name,
      run: index === 0 ? null : name,
      reason: name,
      detail: name,
    })),
    next: null,
  }),
  'POST regain/healing/pause': () => null,
  'POST regain/healing/resume': () => null,
  'POST regain/healing/runs/*/cancel': () => null,
};

function group(name: string, index: number, type: string | null) {
  const evaluated = { lastEvaluation: ago(3), evaluationTime: 0.002 };
  const isBroken = index % 3 === 2;
  const alerting = {
    ...evaluated,
    type: 'alerting',
    state: index % 3 === 0 ? 'firing' : 'inactive',
    name,
    query: name,
    duration: 30,
    keepFiringFor: 0,
    labels: { severity: name },
    annotations: { summary: name, [name]: name },
    alerts: index % 3 === 0 ? [raised(name)] : [],
    health: isBroken ? 'err' : 'ok',
    lastError: isBroken ? name : undefined,
  };
  const recording = { ...evaluated, type: 'recording', name, query: name, labels: { [name]: name }, health: 'ok' };
  const rules = type === 'alert' ? [alerting] : [alerting, recording];
  return { ...evaluated, name, file: name, interval: 15, limit: 0, rules };
}

function raised(name: string) {
  return {
    labels: { alertname: name, instance: name, [name]: name },
    annotations: { summary: name, runbook_url: name },
    state: 'firing',
    activeAt: ago(600),
    value: '1e+00',
  };
}

function routed(name: string, index: number) {
  const { labels, annotations } = raised(name);
  const isActive = index % 2 === 1;
  return {
    labels,
    annotations,
    generatorURL: name,
    startsAt: ago(600),
    endsAt: ago(-600),
    updatedAt: ago(1),
    fingerprint: `${index}`,
    receivers: [{ name }],
    status: {
      state: isActive ? 'active' : 'suppressed',
      silencedBy: isActive ? [] : [name],
      inhibitedBy: isActive ? [] : [`${index + 1}`],
      mutedBy: isActive ? [] : [name],
    },
  };
}

const STATES = ['active', 'pending', 'expired'] as const;

function silence(name: string, index: number) {
  const state = STATES[index % 3] ?? 'active';
  return {
    id: `silence-${index}`,
    matchers: [{ name, value: name, isRegex: false, isEqual: true }],
    startsAt: state === 'pending' ? ago(-3600) : ago(7200),
    endsAt: state === 'expired' ? ago(3600) : ago(-7200),
    updatedAt: ago(7200),
    createdBy: name,
    comment: name,
    annotations: { [name]: name },
    status: { state },
  };
}

function remediation(name: string) {
  return {
    name,
    mode: name,
    match: [name],
    target: [name],
    steps: [{ kind: name, what: name, timeout: name }],
    cooldown: name,
    limits: [{ runs: 3, per: name, used: 1 }],
    running: 1,
    succeeded: 4,
    failed: 1,
  };
}

function run(name: string, index: number) {
  const isOver = index % 2 === 1;
  return {
    id: `rx-${index}`,
    remediation: name,
    target: { instance: name },
    alert: { fingerprint: name, labels: { alertname: name, [name]: name }, annotations: {}, starts_at: ago(90) },
    mode: 'auto',
    state: isOver ? 'failed' : 'running',
    step: 0,
    attempt: 1,
    action: name,
    link: name,
    detail: name,
    log: name,
    started_at: ago(60),
    ended_at: isOver ? ago(20) : null,
    stages: [
      { state: 'scheduled', at: ago(60), detail: name },
      { state: 'running', at: ago(55), detail: null },
      ...(isOver ? [{ state: 'failed', at: ago(20), detail: name }] : []),
    ],
  };
}
