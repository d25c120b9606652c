/**
 * What can go wrong when the server is asked, as a value: what happened and what to do, in words for whoever looks at the page.
 */

export type FailureKind =
  | 'unreachable' // no answer at all
  | 'starting' // the server answers that it is not ready
  | 'timeout' // no answer in time
  | 'aborted' // whoever asked no longer wants to know
  | 'forbidden' // 401, 403
  | 'query' // the question is wrong or cannot be answered
  | 'absent' // this server has no such endpoint
  | 'server' // the server failed
  | 'malformed' // the answer makes no sense
  | 'too-large'; // the answer is more than the page can hold

export interface Failure {
  kind: FailureKind;
  /** What happened, a sentence. */
  what: string;
  /** What to do about it, a sentence. */
  advice: string;
}

/** An answer, or why there is none. */
export type Outcome<T> = { ok: true; value: T; warnings: string[]; infos: string[] } | { ok: false; failure: Failure };

export function success<T>(value: T, warnings: string[] = [], infos: string[] = []): Outcome<T> {
  return { ok: true, value, warnings, infos };
}

export function failed(kind: FailureKind, what: string, advice: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { kind, what, advice } };
}

/** A part of the pages themselves that did not come. */
export const NOT_LOADED = failed(
  'unreachable',
  'This page could not be loaded.',
  'If the server was updated meanwhile, reload the page; otherwise it is away for the moment.',
).failure;

/** The same outcome with its value changed. */
export function mapOutcome<T, U>(outcome: Outcome<T>, change: (value: T) => U): Outcome<U> {
  return outcome.ok ? { ...outcome, value: change(outcome.value) } : outcome;
}

const WAIT = 'This page asks again by itself; nothing needs to be done unless it lasts.';

export const unreachable = () => failed('unreachable', 'The server does not answer.', WAIT);

export const aborted = () => failed('aborted', 'The question was withdrawn.', 'Ask again.');

export const timedOut = (seconds: number) =>
  failed(
    'timeout',
    `The server sent no complete answer within ${seconds} s.`,
    'Ask for a shorter time range or fewer series, or look at the load of the server.',
  );

export const tooLarge = (megabytes: number) =>
  failed(
    'too-large',
    `The answer is larger than ${megabytes} MB, more than a page can show.`,
    'Aggregate with sum by (…) or topk(…), or add label matchers.',
  );

export const malformed = (where: string) =>
  failed(
    'malformed',
    `The answer is incomplete or not what was expected: ${where}.`,
    "If a proxy stands between, look there first; then at the server's log.",
  );

/** What an HTTP status says, where the body says nothing better. `message` is the server's own text and may be empty. */
export function ofStatus(status: number, message: string): { ok: false; failure: Failure } {
  const said = message === '' ? '' : `: ${message}`;
  if (status === 401 || status === 403) {
    return failed(
      'forbidden',
      `The server refuses the request with ${status}${said}.`,
      'Log in, or ask whoever runs the server for access.',
    );
  }
  if (status === 404 || status === 405 || status === 410) {
    return failed('absent', 'This server does not offer that.', 'A newer version may; Status shows which one runs.');
  }
  if (status === 429) return failed('server', `The server has too many requests${said}.`, WAIT);
  if (status === 502 || status === 504) {
    return failed('unreachable', `A proxy answers ${status} in the server's place.`, WAIT);
  }
  if (status === 503) return failed('starting', `The server is not ready${said}.`, WAIT);
  if (status >= 500)
    return failed('server', `The server failed with ${status}${said}.`, "Look at the server's log at this time.");
  return failed(
    'query',
    message === '' ? `The server refuses the request with ${status}.` : message,
    'Change the query and ask again.',
  );
}

/** What the API's own error says; `type` is its `errorType`. */
export function ofApi(status: number, type: string, message: string): { ok: false; failure: Failure } {
  switch (type) {
    case 'bad_data':
      return failed('query', message, 'Correct the query; the place of the mistake is in the message.');
    case 'execution':
      return failed('query', message, 'The query is well-formed but cannot be evaluated as it stands.');
    case 'timeout':
      return failed('query', message, 'Ask for a shorter range or a larger step, or raise --query.timeout.');
    case 'canceled':
      // Whoever withdraws a question on this page does not wait for what the server says about it.
      return failed('query', message, 'Ask again, or for less. Status shows which queries run.');
    case 'not_found':
      return failed('absent', message, 'Look at what there is now.');
    default:
      return ofStatus(status, message);
  }
}
