/** Parts of a server that many servers do not have. */
import type { Outcome } from '../api/failure';
import type { Load } from './resource';

/** How long nobody asks again for what a server does not offer, in milliseconds. It may be started anew with more. */
const BELIEVED_MS = 60_000;

/** The same loader, but what the server does not offer is not asked for each time: the browser logs each refusal. */
export function rarelyIfAbsent<T>(load: Load<T>): Load<T> {
  let refusal: Outcome<T> | undefined;
  let until = 0;
  return async (signal) => {
    if (refusal !== undefined && Date.now() < until) return refusal;
    const outcome = await load(signal);
    refusal = !outcome.ok && outcome.failure.kind === 'absent' ? outcome : undefined;
    until = Date.now() + BELIEVED_MS;
    return outcome;
  };
}

/** Whether a snapshot says that the server does not offer something. */
export function isAbsent({ value, failure }: { value?: unknown; failure?: { kind: string } }): boolean {
  return value === undefined && failure?.kind === 'absent';
}
