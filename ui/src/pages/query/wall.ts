/** Moments as a clock on the wall shows them, with the date and without a zone: `2026-11-26 14:03:09`. */
import type { Zone } from '../../state/zone';

const WALL = /^\s*(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(\.\d{1,3})?)?)?\s*$/;

/** The wall time of a moment in seconds; milliseconds only where there are some. */
export function wallTime(seconds: number, zone: Zone): string {
  const date = new Date(Math.round(seconds * 1000));
  // Shifted by the offset of the zone at that moment, the text in UTC is the text in the zone.
  const shifted = zone === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');
}

/** The seconds of a wall time; a date alone means its midnight. Nothing where the text is no moment. */
export function parseWall(text: string, zone: Zone): number | undefined {
  const found = WALL.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  const ms = fraction * 1000;
  const moment =
    zone === 'utc'
      ? new Date(Date.UTC(year, month - 1, day, hour, minute, second, ms))
      : new Date(year, month - 1, day, hour, minute, second, ms);
  const isReal =
    (zone === 'utc' ? moment.getUTCDate() : moment.getDate()) === day &&
    month >= 1 &&
    month <= 12 &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return isReal ? moment.getTime() / 1000 : undefined;
}
