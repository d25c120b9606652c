/** Numbers for people: three significant digits and a unit. */

export type Unit = 'bytes' | 'bytes/s' | 'ratio' | 'seconds' | 'count' | '1/s' | 'none';

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const LARGE = ['', ' k', ' M', ' G', ' T', ' P', ' E'];
const SMALL_SECONDS: [number, string][] = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];

/** A value with its unit, such as `1.46 GiB` or `12.3 %`. */
export function formatValue(value: number | null | undefined, unit: Unit = 'none'): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '−Inf';
  switch (unit) {
    case 'bytes':
      return scaled(
        value,
        1024,
        BINARY.map((name) => ` ${name}`),
      );
    case 'bytes/s':
      return scaled(
        value,
        1024,
        BINARY.map((name) => ` ${name}/s`),
      );
    case 'ratio':
      return percent(value * 100);
    case 'seconds':
      return formatSeconds(value);
    case 'count':
      return Number.isInteger(value) && Math.abs(value) < 1e4
        ? minus(value.toLocaleString('en'))
        : scaled(value, 1000, LARGE);
    case '1/s':
      return `${scaled(value, 1000, LARGE)}/s`;
    case 'none':
      return Math.abs(value) >= 1e4 ? scaled(value, 1000, LARGE) : significant(value);
  }
}

/** A whole number with separators between the thousands. */
export function formatCount(value: number): string {
  return value.toLocaleString('en');
}

/** All digits of a value, for copying and for tables of raw results. */
export function formatExact(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

/** The least that is written in full. */
const LEAST_PERCENT = 0.001;

function percent(value: number): string {
  if (value !== 0 && Math.abs(value) < LEAST_PERCENT) return `${value < 0 ? '> −' : '< '}${LEAST_PERCENT} %`;
  return `${significant(value)} %`;
}

function scaled(value: number, factor: number, names: readonly string[]): string {
  let step = 0;
  let left = value;
  // 999.95 would round to 1000 of the smaller unit.
  while (Math.abs(left) >= factor - factor / 2000 && step < names.length - 1) {
    left /= factor;
    step += 1;
  }
  return significant(left) + (names[step] ?? '');
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001) return minus(value.toExponential(2));
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return minus(String(Number(value.toFixed(digits))));
}

function minus(text: string): string {
  return text.replace(/^-/, '−');
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A duration: `340 µs`, `12.5 s`, and from a minute on its two largest units: `1m 12s`, `3h 20m`, `12d 4h`. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? '−' : '';
  if (size === 0) return '0 s';
  if (size < MINUTE - 0.05) {
    const [scale, name] = SMALL_SECONDS.find(([least]) => size >= least * 0.9995) ?? [1e-9, 'ns'];
    return `${sign}${significant(size / scale)} ${name}`;
  }
  // Rounded to the smaller unit first: 59 min 59.9 s are an hour.
  const whole = Math.round(size);
  if (whole < HOUR) return sign + twoUnits(whole, [MINUTE, 'm'], [1, 's']);
  const minutes = Math.round(size / MINUTE) * MINUTE;
  if (minutes < DAY) return sign + twoUnits(minutes, [HOUR, 'h'], [MINUTE, 'm']);
  return sign + twoUnits(Math.round(size / HOUR) * HOUR, [DAY, 'd'], [HOUR, 'h']);
}

type Scale = readonly [seconds: number, name: string];

function twoUnits(seconds: number, [large, largeName]: Scale, [small, smallName]: Scale): string {
  const rest = (seconds % large) / small;
  return `${formatCount(Math.floor(seconds / large))}${largeName}${rest === 0 ? '' : ` ${rest}${smallName}`}`;
}

/** `1 target`, `3 targets`. */
export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${formatCount(amount)} ${amount === 1 ? one : many}`;
}
