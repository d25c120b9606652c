/** What stands at the axes of a chart. */
import { formatValue, type Unit } from '../format/number';
import { formatClock, formatDay, formatMinute } from '../format/time';

const DAY_S = 86_400;
/** `toLocaleString` takes no more digits. */
const DIGITS_MAX = 12;

/** Labels for moments in seconds, `increment` apart: the day where a day begins, else the time. */
export function timeTicks(moments: readonly number[], increment: number): string[] {
  return moments.map((moment) => {
    const ms = Math.round(moment * 1000);
    if (increment >= DAY_S) return formatDay(ms);
    if (increment < 1) return `${formatClock(ms)}.${String(ms % 1000).padStart(3, '0')}`;
    const clock = increment < 60 ? formatClock(ms) : formatMinute(ms);
    return clock === '00:00' || clock === '00:00:00' ? formatDay(ms) : clock;
  });
}

/** Steps between labels that make round ones. Units that are not here have uPlot's powers of ten. */
export function incrementsOf(unit: Unit | undefined): number[] | undefined {
  if (unit === 'bytes' || unit === 'bytes/s') return Array.from({ length: 70 }, (_, power) => 2 ** power);
  if (unit !== 'seconds') return undefined;
  const short = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** (power - 9))).flat();
  return [
    ...short.filter((step) => step < 60),
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
    21_600,
    43_200,
    ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000].map((days) => days * DAY_S),
  ];
}

/** Labels at the axis of values: as short as they can be while they differ. */
export function valueTicks(values: readonly number[], unit: Unit | undefined): string[] {
  const short = values.map((value) => formatValue(value, unit));
  if (new Set(short).size === values.length) return short;
  return values.map((value) => exact(value, (values[1] ?? 0) - (values[0] ?? 0), unit));
}

const PLAIN: Record<Unit, [factor: number, suffix: string]> = {
  bytes: [1, ' B'],
  'bytes/s': [1, ' B/s'],
  ratio: [100, ' %'],
  seconds: [1, ' s'],
  count: [1, ''],
  '1/s': [1, '/s'],
  none: [1, ''],
};

/** A value with as many digits as its neighbours' distance asks for. */
function exact(value: number, distance: number, unit: Unit = 'none'): string {
  const [factor, suffix] = PLAIN[unit];
  const digits = Math.min(Math.max(Math.ceil(-Math.log10(distance * factor)), 0), DIGITS_MAX);
  return (
    (value * factor)
      .toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
      .replace(/^-/, '−') + suffix
  );
}
