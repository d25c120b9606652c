/** The one place where Alertmanager's API is asked: `/api/v2` of the same server. Its answers have no envelope. */
import { type Failure, failed, malformed, ofStatus, type Outcome, success } from './failure';
import { type Ask, fetchBytes, type Fields, firstLine } from './request';
import { type Decoder, object, optional, ShapeError, text } from './shape';

/** Asks an endpoint and decodes its answer. */
export async function askAlertmanager<T>(
  endpoint: string,
  fields: Fields,
  decode: Decoder<T>,
  how: Ask = {},
): Promise<Outcome<T>> {
  const answer = await fetchBytes(`api/v2/${endpoint}`, fields, how);
  if (!answer.ok) return answer;
  const { status, bytes } = answer.value;
  if (status >= 400) return refusal(status, bytes);
  try {
    return success(decode(bytes.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(bytes)), 'the answer'));
  } catch (error) {
    return malformed(error instanceof ShapeError ? error.message : 'it is no complete JSON');
  }
}

/** What the server says against a request, in its own words where it has some. */
function refusal(status: number, bytes: Uint8Array): { ok: false; failure: Failure } {
  const said = wordsOf(bytes);
  if (status === 400 || status === 422) {
    return failed(
      'query',
      said === '' ? `The server refuses the request with ${status}.` : said,
      'Correct it and try again.',
    );
  }
  return ofStatus(status, said);
}

const complaint = object<{ message: string | undefined; error: string | undefined }>({
  message: optional(text),
  error: optional(text),
});

/** Refusals are a JSON text, `{code, message}`, the error of the other API, or plain. */
function wordsOf(bytes: Uint8Array): string {
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof said === 'string') return said;
    const { message, error } = complaint(said, 'the refusal');
    return message ?? error ?? '';
  } catch {
    return firstLine(bytes);
  }
}
