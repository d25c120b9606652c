/** `regain/queries`: the queries that wait or run, what they hold, and the way to end one. `docs/api.md` describes it. */
import type { Outcome } from './failure';
import { ask } from './request';
import { anything, list, number, object, optional, text } from './shape';

/** The rule that a query belongs to. */
export interface RuleName {
  file: string;
  group: string;
  name: string;
}

export interface RunningQuery {
  id: string;
  query: string;
  /** `instant`, `range`, `rule` or `healing`. */
  kind: string;
  /** `queued` or `running`. */
  state: string;
  /** The address of the client that asked, where one did. */
  client: string | undefined;
  rule: RuleName | undefined;
  /** What the query is about, in seconds since 1970; one time where both are the same. */
  start: number;
  end: number;
  /** In seconds; 0 where the query is about one time. */
  step: number;
  /** When it was asked, in seconds since 1970. */
  since: number;
  /** In seconds. */
  elapsed: number;
  samplesHeld: number;
  samplesPeak: number;
  bytesHeld: number;
  bytesPeak: number;
}

/** A query that the process before this one has not finished. */
export interface UnfinishedQuery {
  query: string;
  /** When it began, in seconds since 1970. */
  since: number;
}

export interface RunningQueries {
  /** Those that hold most memory first. */
  queries: RunningQuery[];
  unfinished: UnfinishedQuery[];
  /** How many run at once; others wait. */
  concurrencyMax: number;
  /** By all queries together. */
  bytesHeld: number;
  bytesMax: number;
  bytesPerQueryMax: number;
}

const runningQuery = object<RunningQuery>({
  id: text,
  query: text,
  kind: text,
  state: text,
  client: optional(text),
  rule: optional(object<RuleName>({ file: text, group: text, name: text })),
  start: number,
  end: number,
  step: number,
  since: number,
  elapsed: number,
  samplesHeld: number,
  samplesPeak: number,
  bytesHeld: number,
  bytesPeak: number,
});

const runningQueries = object<RunningQueries>({
  queries: list(runningQuery),
  unfinished: list(object<UnfinishedQuery>({ query: text, since: number })),
  concurrencyMax: number,
  bytesHeld: number,
  bytesMax: number,
  bytesPerQueryMax: number,
});

export function askQueries(signal?: AbortSignal): Promise<Outcome<RunningQueries>> {
  return ask('regain/queries', {}, runningQueries, { signal });
}

/** Ends a query; whoever asked for it is told that it was killed. */
export function endQuery(id: string): Promise<Outcome<unknown>> {
  return ask(`regain/queries/${encodeURIComponent(id)}`, {}, anything, { remove: true });
}
