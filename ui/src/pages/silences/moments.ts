/** Moments as browsers' date fields have them, in the zone that is chosen. */
import type { Zone } from '../../state/zone';

const SECONDS_LENGTH = '2026-11-27T14:03:09'.length;

export function fieldOf(ms: number | undefined, zone: Zone): string {
  if (ms === undefined || Number.isNaN(ms)) return '';
  const shift = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - shift).toISOString().slice(0, SECONDS_LENGTH);
}

/** In milliseconds; nothing where the field is not filled in. */
export function ofField(text: string, zone: Zone): number | undefined {
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
