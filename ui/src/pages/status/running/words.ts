/** What a query asks for, and how many there are, in words. */
import type { RunningQuery } from '../../../api/queries';
import { formatDuration } from '../../../format/duration';
import { formatCount } from '../../../format/number';
import { formatMoment } from '../../../format/time';

/** The times that a query is about: `1h in steps of 15s until …`, `at …`. */
export function timesOf({ start, end, step }: Pick<RunningQuery, 'start' | 'end' | 'step'>): string {
  if (step === 0) return `at ${formatMoment(end * 1000)}`;
  return `${formatDuration(end - start)} in steps of ${formatDuration(step)}, until ${formatMoment(end * 1000)}`;
}

/** `2 running, 1 queued`; nothing where there are none. */
export function standing(queries: readonly Pick<RunningQuery, 'state'>[]): string {
  const counts = new Map<string, number>([['running', 0]]);
  for (const { state } of queries) counts.set(state, (counts.get(state) ?? 0) + 1);
  return queries.length === 0 ? '' : [...counts].map(([state, count]) => `${formatCount(count)} ${state}`).join(', ');
}

/** A part of a whole as a width for a bar; a whole of nothing is full. */
export function share(part: number, whole: number): string {
  return `${whole > 0 ? Math.min(part / whole, 1) * 100 : 100}%`;
}
