/** Which matchers silence an alert, and would silence it after its process was replaced, too. */
import type { Labels } from '../../api/query';
import type { Matcher } from '../../api/silences';
import { href } from '../../router';
import { formatMatchers, matcherWith } from './matchers';

/** Labels that say which copy of a thing it was, and change when it is replaced. */
const VOLATILE = new Set([
  'pod',
  'pod_name',
  'pod_ip',
  'pod_uid',
  'pod_template_hash',
  'uid',
  'id',
  'container_id',
  'image_id',
  'image_sha256',
  'replica',
  'replicaset',
  'replica_set',
  '__replica__',
  'prometheus_replica',
  'prometheus',
  'controller_revision_hash',
  'pid',
  'process_id',
  'request_id',
  'trace_id',
  'session',
  'session_id',
  'build',
  'build_id',
  'commit',
  'revision',
  'version',
  'value',
  'timestamp',
  'time',
]);

/** Identifiers that machines make: UUIDs, and hexadecimal digests. */
const MADE_UP = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,})$/i;

/** A value that is longer has no room in a link. */
const VALUE_MAX = 400;

export function isVolatile(name: string, value: string): boolean {
  return VOLATILE.has(name.toLowerCase()) || MADE_UP.test(value);
}

export interface Suggestion {
  /** What silences the alert for good. */
  stable: Matcher[];
  /** What would narrow it to the copy that it is about now. */
  volatile: Matcher[];
}

export function suggestionFor(labels: Labels): Suggestion {
  const suggestion: Suggestion = { stable: [], volatile: [] };
  for (const [name, value] of Object.entries(labels)) {
    if (value === '' || value.length > VALUE_MAX) continue;
    const isKept = name === 'alertname' || !isVolatile(name, value);
    (isKept ? suggestion.stable : suggestion.volatile).push(matcherWith(name, '=', value));
  }
  // The alert's name comes first, because people look for it first.
  suggestion.stable.sort((a, b) => Number(b.name === 'alertname') - Number(a.name === 'alertname'));
  return suggestion;
}

/** The page that creates a silence for such alerts. */
export function silenceLink(labels: Labels): string {
  const { stable, volatile } = suggestionFor(labels);
  return href('/silences/new', {
    filter: formatMatchers(stable),
    also: volatile.length === 0 ? undefined : formatMatchers(volatile),
  });
}
