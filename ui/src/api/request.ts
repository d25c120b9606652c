/**
 * The one place where the server is asked. Every answer is an `Outcome`; nothing here throws.
 */
import { base } from '../router';
import { report, type Standing } from '../state/connection';
import { BODY_LIMIT_MB, readBody, TooLarge } from './body';
import {
  aborted,
  failed,
  malformed,
  ofApi,
  ofStatus,
  type Outcome,
  success,
  timedOut,
  tooLarge,
  unreachable,
} from './failure';
import { type Decoder, list, object, optional, ShapeError, text, withDefault } from './shape';

/** How long an answer may take, in seconds. The server's own limit for queries would be too long to watch. */
const PATIENCE_S = 30;
const OPENING_BRACE = 0x7b;
/** To read a larger answer takes longer than a frame. In bytes. */
const LARGE = 500_000;

export interface Ask {
  /** Ends the request when the page no longer needs it. */
  signal?: AbortSignal | undefined;
  /** Sends the parameters as a form: for queries, which may be longer than an address can be. */
  post?: boolean;
  /** Sends this as JSON in the body, with POST. */
  json?: unknown;
  /** Takes away what the address names. */
  remove?: boolean;
  patienceS?: number;
}

export type Fields = Record<string, string | number | undefined | readonly string[]>;

const envelope = object<{
  status: string;
  errorType: string;
  error: string;
  data?: unknown;
  warnings: string[];
  infos: string[];
}>({
  status: text,
  errorType: withDefault(text, ''),
  error: withDefault(text, ''),
  data: optional((value) => value),
  warnings: withDefault(list(text), []),
  infos: withDefault(list(text), []),
});

/** Asks an endpoint of `/api/v1` and decodes its data. */
export async function ask<T>(endpoint: string, fields: Fields, decode: Decoder<T>, how: Ask = {}): Promise<Outcome<T>> {
  const answer = await fetchBytes(`api/v1/${endpoint}`, fields, how);
  if (!answer.ok) return answer;
  const { status, bytes } = answer.value;
  try {
    const said = envelope(JSON.parse(new TextDecoder().decode(bytes)), 'the answer');
    if (said.status !== 'success') return ofApi(status, said.errorType, said.error);
    await breath(bytes.length);
    const value = decode(said.data, 'data');
    await breath(bytes.length);
    return success(value, said.warnings, said.infos);
  } catch (error) {
    if (status >= 400) return ofStatus(status, firstLine(bytes));
    return malformed(error instanceof ShapeError ? error.message : 'it is no complete JSON');
  }
}

/** Lets the page answer to keys and clicks between the steps of reading a large answer. */
async function breath(size: number): Promise<void> {
  if (size > LARGE) await new Promise((resolve) => setTimeout(resolve));
}

/** Asks for a plain text, such as `-/ready` or `metrics`. */
export async function askText(path: string, how: Ask = {}): Promise<Outcome<string>> {
  const answer = await fetchBytes(path, {}, how);
  if (!answer.ok) return answer;
  const { status, bytes } = answer.value;
  return status < 400 ? success(new TextDecoder().decode(bytes)) : ofStatus(status, firstLine(bytes));
}

interface Answer {
  status: number;
  bytes: Uint8Array;
}

/** Asks for an answer as it comes, whatever its status; for answers too large for `JSON.parse`. */
export async function fetchBytes(path: string, fields: Fields, how: Ask): Promise<Outcome<Answer>> {
  const patienceS = how.patienceS ?? PATIENCE_S;
  const patience = AbortSignal.timeout(patienceS * 1000);
  const signal = how.signal === undefined ? patience : AbortSignal.any([how.signal, patience]);
  const outcome = await attempt(path, form(fields), how, signal);
  if (how.signal?.aborted) return aborted();
  if (patience.aborted && !outcome.ok) {
    report('slow');
    return timedOut(patienceS);
  }
  return outcome;
}

async function attempt(path: string, fields: URLSearchParams, how: Ask, signal: AbortSignal): Promise<Outcome<Answer>> {
  let response: Response;
  try {
    const search = fields.size > 0 && how.post !== true ? `?${fields}` : '';
    response = await fetch(base + path + search, { ...initOf(fields, how), signal });
  } catch {
    if (!signal.aborted) report('unreachable');
    return unreachable();
  }
  try {
    const bytes = await readBody(response);
    report(standingAt(response.status, bytes));
    return success({ status: response.status, bytes });
  } catch (error) {
    if (error instanceof TooLarge) return tooLarge(BODY_LIMIT_MB);
    return failed(
      'malformed',
      'The answer broke off in the middle.',
      'The server or the network may have gone down meanwhile; ask again.',
    );
  }
}

function initOf(fields: URLSearchParams, { post, json, remove }: Ask): RequestInit {
  if (json !== undefined) {
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
  }
  if (post === true) return { method: 'POST', body: fields };
  return remove === true ? { method: 'DELETE' } : {};
}

function standingAt(status: number, bytes: Uint8Array): Standing {
  // The API answers 503 to a query that took too long, too, and then in JSON.
  if (status === 503) return bytes[0] === OPENING_BRACE ? 'up' : 'starting';
  return status === 502 || status === 504 ? 'unreachable' : 'up';
}

function form(fields: Fields): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) for (const item of value) body.append(name, item);
    else if (value !== undefined) body.set(name, String(value));
  }
  return body;
}

/** What a body that is no JSON says, in so far as it is a sentence and not a page of HTML. */
export function firstLine(bytes: Uint8Array): string {
  const line = new TextDecoder().decode(bytes.subarray(0, 300)).trim().split('\n', 1)[0] ?? '';
  return line.startsWith('<') || line.startsWith('{') ? '' : line.replace(/\.$/, '');
}
