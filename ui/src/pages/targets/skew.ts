/** A target's clock in words. */
import { formatSeconds } from '../../format/number';

/** A `Date` names a second, so that half of one is as near as the measurement comes. */
const ERROR_S = 0.5;

/** `4 s behind this server's`, as the end of a sentence about a clock. */
export function skewText(seconds: number): string {
  const away = Math.abs(seconds);
  if (away <= ERROR_S) return "as this server's, to half a second";
  return `${formatSeconds(away)} ${seconds < 0 ? 'behind' : 'ahead of'} this server's`;
}
