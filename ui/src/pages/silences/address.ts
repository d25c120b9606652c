/** What the address says about a silence that is to be written. */
import { query } from '../../router';
import { parseMatchers } from './matchers';

/** The matchers in a parameter, and what is wrong with their text, if something is. */
export function matchersIn(name: string) {
  const parsed = parseMatchers(query.value.get(name) ?? '');
  return parsed.ok ? { matchers: parsed.matchers, mistake: undefined } : { matchers: [], mistake: parsed.what };
}
