/** What is evaluated again and again: rules that raise alerts, and rules that record series. */
import { parseMoment } from '../format/time';
import { mapOutcome, type Outcome } from './failure';
import type { Labels } from './query';
import { ask } from './request';
import { type Decoder, list, number, object, ShapeError, table, text, withDefault } from './shape';

export type RuleState = 'firing' | 'pending' | 'inactive' | 'unknown';
export type RuleHealth = 'ok' | 'err' | 'unknown';

/** An alert as its rule knows it. */
export interface RaisedAlert {
  labels: Labels;
  annotations: Labels;
  state: 'firing' | 'pending';
  /** In milliseconds; missing where it has never been active. */
  activeAt: number | undefined;
  /** Since when it fires only because its rule says `keep_firing_for`; in milliseconds. */
  keepFiringSince: number | undefined;
  value: string;
}

interface Evaluated {
  name: string;
  query: string;
  labels: Labels;
  health: RuleHealth;
  lastError: string;
  /** In seconds. */
  evaluationTime: number;
  lastEvaluation: string;
}

export interface AlertingRule extends Evaluated {
  type: 'alerting';
  state: RuleState;
  /** How long its expression has to hold, in seconds. */
  duration: number;
  /** How long it goes on firing when the expression no longer holds, in seconds. */
  keepFiringFor: number;
  annotations: Labels;
  alerts: RaisedAlert[];
}

export interface RecordingRule extends Evaluated {
  type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  name: string;
  file: string;
  rules: Rule[];
  /** In seconds. */
  interval: number;
  limit: number;
  evaluationTime: number;
  lastEvaluation: string;
}

function word<T extends string>(known: readonly T[], other: T): Decoder<T> {
  return (value, at) => {
    const said = text(value, at);
    return known.find((one) => one === said) ?? other;
  };
}

const labels = withDefault(table(text), {});

const moment: Decoder<number | undefined> = (value, at) => parseMoment(withDefault(text, '')(value, at));

const raisedAlert = object<RaisedAlert>({
  labels: table(text),
  annotations: labels,
  state: word(['firing', 'pending'], 'firing'),
  activeAt: moment,
  keepFiringSince: moment,
  value: withDefault(text, ''),
});

const evaluated = {
  name: text,
  query: text,
  labels,
  health: word<RuleHealth>(['ok', 'err', 'unknown'], 'unknown'),
  lastError: withDefault(text, ''),
  evaluationTime: withDefault(number, 0),
  lastEvaluation: withDefault(text, ''),
};

const alerting = object<AlertingRule>({
  ...evaluated,
  type: () => 'alerting',
  state: word<RuleState>(['firing', 'pending', 'inactive', 'unknown'], 'unknown'),
  duration: withDefault(number, 0),
  keepFiringFor: withDefault(number, 0),
  annotations: labels,
  alerts: withDefault(list(raisedAlert), []),
});

const recording = object<RecordingRule>({ ...evaluated, type: () => 'recording' });

const rule: Decoder<Rule> = (value, at) => {
  const { type } = object<{ type: string }>({ type: text })(value, at);
  if (type !== 'alerting' && type !== 'recording') throw new ShapeError(`${at}.type is ${type}`);
  return type === 'alerting' ? alerting(value, at) : recording(value, at);
};

const answer = object<{ groups: RuleGroup[] }>({
  groups: list(
    object<RuleGroup>({
      name: text,
      file: withDefault(text, ''),
      rules: list(rule),
      interval: withDefault(number, 0),
      limit: withDefault(number, 0),
      evaluationTime: withDefault(number, 0),
      lastEvaluation: withDefault(text, ''),
    }),
  ),
});

/** The groups with their rules: those that raise alerts, or all. */
export async function askRules(type: 'alert' | undefined, signal?: AbortSignal): Promise<Outcome<RuleGroup[]>> {
  return mapOutcome(await ask('rules', { type }, answer, { signal }), ({ groups }) => groups);
}

/** All alerts that are pending or fire, without their rules. */
export async function askRaised(signal?: AbortSignal): Promise<Outcome<RaisedAlert[]>> {
  const raised = object<{ alerts: RaisedAlert[] }>({ alerts: list(raisedAlert) });
  return mapOutcome(await ask('alerts', {}, raised, { signal }), ({ alerts }) => alerts);
}
