/** Prometheus' durations, such as `1h30m`, to seconds and back. */

const UNITS: [string, number][] = [
  ['y', 31_536_000],
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
];

const WHOLE = /^(?:\d+(?:ms|[ywdhms]))+$/;

/** The seconds of a duration, or nothing where the text is none. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) {
    seconds += Number(amount) * (UNITS.find(([name]) => name === unit)?.[1] ?? 0);
  }
  return seconds;
}

/** The shortest duration that means so many seconds, to the millisecond. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(seconds * 1000);
  if (rest <= 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    // Years and weeks hide what a reader would count in days.
    if (unit === 'y' || unit === 'w') continue;
    const amount = Math.floor(rest / (size * 1000));
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size * 1000;
  }
  return text;
}
