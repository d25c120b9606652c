/** How much of the write-ahead log a starting server has read, where it tells. */
import { signal } from '@preact/signals';
import { askWalReplay } from '../api/status';

/** From 0 to 1; nothing where no replay runs or the server does not tell. */
export const replay = signal<number | undefined>(undefined);

export async function watchReplay(): Promise<void> {
  const outcome = await askWalReplay();
  if (!outcome.ok) {
    replay.value = undefined;
    return;
  }
  const { min, max, current } = outcome.value;
  replay.value = max > min && current < max ? (current - min) / (max - min) : undefined;
}
