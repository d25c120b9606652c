import { describe, expect, it } from 'vitest';
import { parseWall, wallTime } from './wall';

const NOON = Date.UTC(2026, 10, 26, 12, 0, 5) / 1000;

describe('a moment on the wall', () => {
  it('is shown and read in UTC', () => {
    expect(wallTime(NOON, 'utc')).toBe('2026-11-26 12:00:05');
    expect(wallTime(NOON + 0.25, 'utc')).toBe('2026-11-26 12:00:05.250');
    expect(parseWall('2026-11-26 12:00:05', 'utc')).toBe(NOON);
    expect(parseWall(' 2026-11-26T12:00 ', 'utc')).toBe(NOON - 5);
    expect(parseWall('2026-11-26', 'utc')).toBe(NOON - 5 - 12 * 3600);
  });

  it('comes back in the local zone, whatever it is and on both sides of a change of clocks', () => {
    for (let hour = 0; hour < 24 * 366; hour += 7) {
      const moment = NOON + hour * 3600;
      const back = parseWall(wallTime(moment, 'local'), 'local') ?? 0;
      // An hour that the clocks show twice is ambiguous; the text is the same.
      expect(wallTime(back, 'local')).toBe(wallTime(moment, 'local'));
    }
  });

  it.each(['', 'now', '12:00', '2026-02-30', '2026-13-01 00:00', '2026-11-26 24:30', '2026-11-26 12:60', 'yesterday'])(
    '%j is none',
    (text) => {
      expect(parseWall(text, 'utc')).toBeUndefined();
    },
  );
});
