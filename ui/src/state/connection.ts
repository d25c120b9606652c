/**
 * Whether the server answers. Requests report what they meet; while the server is away, this asks `-/ready` until it is back, and then
 * counts `comebacks` up, upon which whoever shows data asks again.
 */
import { signal } from '@preact/signals';
import { base } from '../router';

export type Standing = 'up' | 'starting' | 'unreachable';

export interface Connection {
  standing: Standing;
  /** Since when, in milliseconds. */
  since: number;
}

export const connection = signal<Connection>({ standing: 'up', since: Date.now() });

/** How often the server has come back. */
export const comebacks = signal(0);

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** How long `-/ready` may take. */
const PATIENCE_MS = 3000;

/** Takes note of what a request met. A slow answer says nothing about the next one. */
export function report(met: Standing | 'slow'): void {
  const { standing } = connection.peek();
  if (met === 'slow' || met === standing) return;
  // A request that was under way when the server went may succeed after the first failure; the probe decides.
  if (met === 'up') return;
  connection.value = { standing: met, since: standing === 'up' ? Date.now() : connection.peek().since };
  if (standing === 'up') void probe();
}

async function probe(): Promise<void> {
  let wasAway = false;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    // One question after another is the point.
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, wait));
    // oxlint-disable-next-line no-await-in-loop
    const standing = await standingNow();
    if (standing === 'up') break;
    wasAway = true;
    report(standing);
  }
  connection.value = { standing: 'up', since: Date.now() };
  // A single request may fail for reasons of its own; asking everything again for it could go on for ever.
  if (wasAway) comebacks.value += 1;
}

async function standingNow(): Promise<Standing> {
  try {
    const response = await fetch(`${base}-/ready`, { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store' });
    if (response.ok) return 'up';
    return response.status === 502 || response.status === 504 ? 'unreachable' : 'starting';
  } catch {
    return 'unreachable';
  }
}
