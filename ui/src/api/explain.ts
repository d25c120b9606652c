/** `regain/explain`: what a query does, node by node, and why it finds nothing. `docs/api.md` says what each field is. */
import type { Outcome } from './failure';
import type { Labels } from './query';
import { type Fields, ask } from './request';
import { bool, type Decoder, list, number, object, optional, table, text } from './shape';

export interface Scan {
  seriesSelected: number;
  seriesOut: number;
  parts: number;
  partsUndecoded: number;
  workers: number;
}

export interface Unmatched {
  count: number;
  examples: Labels[];
}

export interface Matching {
  on: boolean;
  labels: string[];
  left: number;
  right: number;
  matchedGroups: number;
  unmatchedLeft: Unmatched;
  unmatchedRight: Unmatched;
}

export interface NodeFigures {
  evaluations: number;
  steps: number;
  totalSeconds: number;
  ownSeconds: number;
  samplesRead: number;
  samplesHeld: number;
  /** Missing where the node is no vector. */
  series: number | undefined;
  groups: number | undefined;
  scan: Scan | undefined;
  matching: Matching | undefined;
}

/** Why something is empty, as a sentence. */
export interface Reason {
  reason: string;
  text: string;
}

export interface ExplainedNode {
  parent: number | undefined;
  /** Its bytes in the query, as UTF-8. */
  start: number;
  end: number;
  kind: string;
  label: string;
  /** Whether it was computed once for all steps. */
  constant: boolean;
  evaluation: string;
  /** The node that it was evaluated in one go with. */
  partOf: number | undefined;
  /** The equal node whose result it has. */
  sharedWith: number | undefined;
  figures: NodeFigures | undefined;
  empty: Reason | undefined;
}

export interface Explained {
  resultType: string;
  series: number | undefined;
  whyEmpty: (Reason & { node: number }) | undefined;
  /** Each node before those below it. */
  nodes: ExplainedNode[];
}

const scan = object<Scan>({
  seriesSelected: number,
  seriesOut: number,
  parts: number,
  partsUndecoded: number,
  workers: number,
});

const unmatched = object<Unmatched>({ count: number, examples: list(table(text)) });

const matching = object<Matching>({
  on: bool,
  labels: list(text),
  left: number,
  right: number,
  matchedGroups: number,
  unmatchedLeft: unmatched,
  unmatchedRight: unmatched,
});

const figures = object<NodeFigures>({
  evaluations: number,
  steps: number,
  totalSeconds: number,
  ownSeconds: number,
  samplesRead: number,
  samplesHeld: number,
  series: optional(number),
  groups: optional(number),
  scan: optional(scan),
  matching: optional(matching),
});

const node = object<ExplainedNode>({
  parent: optional(number),
  start: number,
  end: number,
  kind: text,
  label: text,
  constant: bool,
  evaluation: text,
  partOf: optional(number),
  sharedWith: optional(number),
  figures: optional(figures),
  empty: optional(object<Reason>({ reason: text, text })),
});

const explained: Decoder<Explained> = object<Explained>({
  resultType: text,
  series: optional(number),
  whyEmpty: optional(object<Reason & { node: number }>({ node: number, reason: text, text })),
  nodes: list(node),
});

/** Servers give up after two minutes unless told otherwise; the page waits a little longer, to hear why. In seconds. */
const PATIENCE_S = 130;

export type ExplainWhen = { time: number | undefined } | { start: number; end: number; step: number };

export function askExplained(expr: string, when: ExplainWhen, signal: AbortSignal): Promise<Outcome<Explained>> {
  const fields: Fields = { query: expr, ...when };
  return ask('regain/explain', fields, explained, { post: true, signal, patienceS: PATIENCE_S });
}
