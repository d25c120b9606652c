/** Which runs are listed. */
import type { Pause, Run } from '../../api/healing';
import type { Labels } from '../../api/query';
import { selector } from '../../format/series';
import { parseMoment } from '../../format/time';
import { matcherOf, searchText } from '../targets/filter';
import { isLive } from './stages';

export interface Runs {
  live: Run[];
  over: Run[];
}

/** The runs that have all words of a search. */
export function runsOf(runs: readonly Run[], search: string): Runs {
  const found = runs.filter(matcherOf(search, textOf));
  return { live: found.filter(isLive), over: found.filter((run) => !isLive(run)) };
}

function textOf(run: Run): string {
  return `${searchText(run.target, run.id, run.remediation, run.action, run.state, run.detail ?? '')}\n${searchText(run.alert.labels)}`.replaceAll(
    '"',
    '',
  );
}

/** What the server calls a target. */
export function targetName(target: Labels): string {
  return selector(target);
}

/** The targets of the runs, each once. */
export function targetNames(runs: readonly Run[]): string[] {
  return [...new Set(runs.map(({ target }) => targetName(target)))].toSorted();
}

/** The pauses that hold for a remediation on a target; where no target is given, those of targets do not count. */
export function pausesFor(pauses: readonly Pause[], remediation: string, target?: Labels): Pause[] {
  return pauses.filter(({ scope, name }) => {
    if (scope === 'all') return true;
    if (scope === 'remediation') return name === remediation;
    return target !== undefined && (name === targetName(target) || Object.values(target).includes(name));
  });
}

/** The runs that ended well since a moment, in milliseconds. */
export function healedSince(runs: readonly Run[], since: number): Run[] {
  return runs.filter(({ state, ended_at }) => state === 'succeeded' && (parseMoment(ended_at ?? '') ?? 0) >= since);
}
