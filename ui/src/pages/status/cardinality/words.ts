/** Numbers of series in words. */
import type { Groups } from '../../../api/cardinality';
import { formatCount, formatSeconds } from '../../../format/number';

/** How many groups are listed, of how many. */
export function listed({ groups, entries }: Pick<Groups, 'groups' | 'entries'>): string {
  return entries.length < groups
    ? `the first ${formatCount(entries.length)} of ${formatCount(groups)}`
    : formatCount(groups);
}

/** What has come since the day before: `+120`, `−3`, `new`. */
export function growthText(growth: number | undefined, before: number | undefined): string {
  if (growth === undefined || before === undefined) return '–';
  if (before === 0 && growth > 0) return 'new';
  if (growth === 0) return '0';
  return `${growth > 0 ? '+' : '−'}${formatCount(Math.abs(growth))}`;
}

/** How much a growth asks to be looked at. */
export function growthClass(growth: number | undefined, before: number | undefined): string | undefined {
  if (growth === undefined || before === undefined || growth <= 0) return growth === 0 ? 'muted' : undefined;
  return growth >= Math.max(before, GREAT) ? 'bad' : growth >= before / 5 && growth >= GREAT / 10 ? 'warn' : undefined;
}

/** Fewer new series than these are no explosion. */
const GREAT = 100;

/** With what the numbers are compared, in a few words. */
export function comparedText(comparedWith: number | undefined, now: number): string {
  if (comparedWith === undefined) return 'Since yesterday';
  const hours = (now - comparedWith) / 3600;
  return hours > 18 && hours < 30 ? 'Since yesterday' : `In ${formatSeconds(Math.round(hours) * 3600)}`;
}
