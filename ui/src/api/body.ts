/** Reads an answer's body up to a limit, so that no answer can take the page down. */

/** The most that is read of one answer, in megabytes after decompression. */
export const BODY_LIMIT_MB = 96;

export class TooLarge extends Error {}

/** The whole body as bytes; throws `TooLarge` beyond `limit` bytes, and then stops the transfer. */
export async function readBody(response: Response, limit = BODY_LIMIT_MB * 1e6): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    // The chunks come one after another by nature.
    // oxlint-disable-next-line no-await-in-loop
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      void reader.cancel();
      throw new TooLarge();
    }
    chunks.push(value);
  }
  return concat(chunks, size);
}

function concat(chunks: Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
