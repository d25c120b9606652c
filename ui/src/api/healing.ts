/** What is done about alerts: remediations, their runs, and why something was not done. */
import type { Outcome } from './failure';
import type { Labels } from './query';
import { ask } from './request';
import { anything, bool, type Decoder, list, number, object, optional, table, text, withDefault } from './shape';

export type Scope = 'all' | 'remediation' | 'target';

export interface Pause {
  scope: Scope;
  /** Of the remediation or the target. */
  name: string;
  by: string;
  reason: string;
  /** RFC 3339. */
  since: string;
  /** Nothing: until somebody resumes. */
  until: string | undefined;
}

export interface Limit {
  runs: number;
  per: string;
  used: number;
}

export interface Remediation {
  name: string;
  /** `off`, `shadow` or `auto`. */
  mode: string;
  match: string[];
  target: string[];
  steps: { kind: string; what: string; timeout: string }[];
  cooldown: string;
  limits: Limit[];
  running: number;
  succeeded: number;
  failed: number;
  /** Whether it does nothing because it has failed too often. */
  breaker_open: boolean;
}

export interface Stage {
  state: string;
  at: string;
  detail: string | undefined;
}

export interface Run {
  id: string;
  remediation: string;
  target: Labels;
  alert: { fingerprint: string; labels: Labels; annotations: Labels; starts_at: string };
  mode: string;
  state: string;
  /** Counts from 0. */
  step: number;
  /** Counts from 1. */
  attempt: number;
  action: string;
  /** To the build or the like: somebody else wrote it. */
  link: string | undefined;
  detail: string | undefined;
  log: string | undefined;
  started_at: string;
  ended_at: string | undefined;
  stages: Stage[];
}

export interface Healing {
  /** `in_process` or `webhook`. */
  mode: string;
  pauses: Pause[];
  remediations: Remediation[];
  /** The newest first: all live ones, and the last that ended. */
  runs: Run[];
  /** The targets that want healing. */
  waiting: number;
  /** Whether nothing is healed because too many targets want it at once. */
  storm: boolean;
  /** What of the journal is not as it was written, each in words. */
  damage: string[];
}

export interface AuditEntry {
  sequence: number;
  at: string;
  decision: string;
  remediation: string;
  target: Labels;
  alert: string;
  run: string | undefined;
  reason: string | undefined;
  detail: string;
}

export interface Audit {
  entries: AuditEntry[];
  /** Entries before this one are on the next page. */
  next: number | undefined;
}

const string = withDefault(text, '');
const count = withDefault(number, 0);
const flag = withDefault(bool, false);
const labels = withDefault(table(text), {});

const scope: Decoder<Scope> = (value, at) => {
  const word = text(value, at);
  return word === 'remediation' || word === 'target' ? word : 'all';
};

const pause = object<Pause>({
  scope,
  name: string,
  by: string,
  reason: string,
  since: text,
  until: optional(text),
});

const remediation = object<Remediation>({
  name: text,
  mode: text,
  match: withDefault(list(text), []),
  target: withDefault(list(text), []),
  steps: withDefault(list(object({ kind: text, what: string, timeout: string })), []),
  cooldown: string,
  limits: withDefault(list(object<Limit>({ runs: number, per: text, used: count })), []),
  running: count,
  succeeded: count,
  failed: count,
  breaker_open: flag,
});

const run = object<Run>({
  id: text,
  remediation: text,
  target: labels,
  alert: object<Run['alert']>({ fingerprint: string, labels, annotations: labels, starts_at: string }),
  mode: string,
  state: text,
  step: count,
  attempt: withDefault(number, 1),
  action: string,
  link: optional(text),
  detail: optional(text),
  log: optional(text),
  started_at: text,
  ended_at: optional(text),
  stages: withDefault(list(object<Stage>({ state: text, at: text, detail: optional(text) })), []),
});

const healing = object<Healing>({
  mode: string,
  pauses: withDefault(list(pause), []),
  remediations: withDefault(list(remediation), []),
  runs: withDefault(list(run), []),
  waiting: count,
  storm: flag,
  damage: withDefault(list(text), []),
});

const audit = object<Audit>({
  entries: list(
    object<AuditEntry>({
      sequence: number,
      at: text,
      decision: text,
      remediation: string,
      target: labels,
      alert: string,
      run: optional(text),
      reason: optional(text),
      detail: string,
    }),
  ),
  next: optional(number),
});

export function askHealing(signal?: AbortSignal): Promise<Outcome<Healing>> {
  return ask('regain/healing', {}, healing, { signal });
}

export interface AuditQuestion {
  limit: number;
  before: number | undefined;
  decision: string | undefined;
  remediation: string | undefined;
}

export function askAudit(question: AuditQuestion, signal?: AbortSignal): Promise<Outcome<Audit>> {
  return ask('regain/healing/audit', { ...question }, audit, { signal });
}

export interface PauseOrder {
  scope: Scope;
  name: string;
  by: string;
  reason: string;
  /** A duration such as `1h`; nothing: until somebody resumes. */
  for: string | null;
}

export function pauseHealing(order: PauseOrder): Promise<Outcome<unknown>> {
  return ask('regain/healing/pause', {}, anything, { json: order });
}

export function resumeHealing(order: Pick<PauseOrder, 'scope' | 'name' | 'by'>): Promise<Outcome<unknown>> {
  return ask('regain/healing/resume', {}, anything, { json: order });
}

export function cancelRun(id: string, by: string): Promise<Outcome<unknown>> {
  return ask(`regain/healing/runs/${encodeURIComponent(id)}/cancel`, {}, anything, { json: { by } });
}
