/** The stages of a run in their order: those that were, the one that is, and those that may come. */
import type { Run } from '../../api/healing';
import { parseMoment } from '../../format/time';

export type Phase = 'past' | 'now' | 'ahead';

export interface ShownStage {
  /** As it is read: `timed out`. */
  word: string;
  state: string;
  phase: Phase;
  /** In milliseconds; nothing for what lies ahead. */
  at: number | undefined;
  /** When the next one began; nothing for the last. */
  until: number | undefined;
  detail: string | undefined;
}

/** The way of every run, as long as it goes well. */
const WAY = ['scheduled', 'triggering', 'queued', 'running', 'verifying'] as const;

const ENDS = new Set(['succeeded', 'failed', 'timed_out', 'cancelled', 'escalated', 'unknown']);

export function isLive({ state, ended_at }: Pick<Run, 'state' | 'ended_at'>): boolean {
  return ended_at === undefined && !ENDS.has(state);
}

export function wordOf(state: string): string {
  return state.replaceAll('_', ' ');
}

export function timelineOf(run: Pick<Run, 'state' | 'ended_at' | 'stages' | 'started_at'>): ShownStage[] {
  const live = isLive(run);
  const known = run.stages.length > 0 ? run.stages : [{ state: run.state, at: run.started_at, detail: undefined }];
  const moments = known.map(({ at }) => parseMoment(at));
  const shown = known.map(({ state, detail }, index): ShownStage => {
    const isLast = index === known.length - 1;
    const phase = isLast && live ? 'now' : 'past';
    return { word: wordOf(state), state, phase, at: moments[index], until: moments[index + 1], detail };
  });
  if (!live) return shown;
  const here = WAY.findIndex((state) => state === run.state);
  const ahead = [...WAY.slice(here + 1), 'outcome'];
  return [...shown, ...ahead.map((state): ShownStage => ({ ...AHEAD, state, word: state }))];
}

const AHEAD = { phase: 'ahead', at: undefined, until: undefined, detail: undefined } as const;

export type Mood = 'good' | 'bad' | 'live' | 'unknown';

/** How a state is to be taken. */
export function moodOf(state: string): Mood {
  if (state === 'succeeded') return 'good';
  if (state === 'failed' || state === 'timed_out' || state === 'escalated') return 'bad';
  return ENDS.has(state) ? 'unknown' : 'live';
}
