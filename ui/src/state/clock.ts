/** How far this browser's clock is from the server's. */
import { signal } from '@preact/signals';

export interface Offset {
  /** Browser minus server, in seconds. */
  seconds: number;
  /** How far the measurement may be wrong, in seconds: half of the way there and back. */
  error: number;
}

/** The best measurement so far; unknown until the server has told its time. */
export const offset = signal<Offset | undefined>(undefined);

/** Offsets below this are nothing to worry about; scrapes are seconds apart. In seconds. */
export const WORTH_SAYING_S = 2;
/** Measurements older than this are replaced even by worse ones, because clocks move. */
const KEPT_MS = 60_000;

let measuredAt = 0;

/** Takes the server's time from an answer that was asked for at `sent` and came at `received`, in milliseconds. */
export function measureOffset(serverTime: string, sent: number, received: number): void {
  const server = Date.parse(serverTime);
  if (Number.isNaN(server)) return;
  const error = (received - sent) / 2000;
  const before = offset.peek();
  if (before !== undefined && error > before.error && received - measuredAt < KEPT_MS) return;
  measuredAt = received;
  offset.value = { seconds: ((sent + received) / 2 - server) / 1000, error };
}

/** The server's time now, in seconds, as far as is known. Ranges end here, not at the browser's idea of now. */
export function serverNow(): number {
  return Date.now() / 1000 - (offset.peek()?.seconds ?? 0);
}
