/** Moments for people, in the zone that is chosen (`state/zone`), with 24 hours. */
import { zone } from '../state/zone';
import { formatSeconds } from './number';

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const timeZone = zone.value === 'utc' ? 'UTC' : undefined;
  const key = JSON.stringify([timeZone, options]);
  let found = formatters.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('sv-SE', { ...options, timeZone, hourCycle: 'h23' });
    formatters.set(key, found);
  }
  return found;
}

const DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' };
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** `14:03:09`. All moments are in milliseconds. */
export function formatClock(ms: number): string {
  return formatter(CLOCK).format(ms);
}

/** `14:03`. */
export function formatMinute(ms: number): string {
  return formatter({ hour: '2-digit', minute: '2-digit' }).format(ms);
}

/** `2026-11-26`. */
export function formatDate(ms: number): string {
  return formatter(DATE).format(ms);
}

/** `11-26`. */
export function formatDay(ms: number): string {
  return formatter({ month: '2-digit', day: '2-digit' }).format(ms);
}

/** `2026-11-26 14:03:09`, with `UTC` behind it where that is the zone. */
export function formatMoment(ms: number): string {
  return formatter({ ...DATE, ...CLOCK }).format(ms) + (zone.value === 'utc' ? ' UTC' : '');
}

/** The milliseconds of the API's RFC 3339 text; nothing for Go's zero time, which means never. */
export function parseMoment(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** `12 s ago`, `in 3 h`. */
export function formatAgo(ms: number, now: number): string {
  const seconds = Math.round((now - ms) / 1000);
  if (seconds === 0) return 'now';
  return seconds > 0 ? `${formatSeconds(seconds)} ago` : `in ${formatSeconds(-seconds)}`;
}
