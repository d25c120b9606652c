/** What to do about a failed query, where its text tells more than its kind. */
import type { Failure } from '../../api/failure';

const ADVICE: readonly [pattern: RegExp, advice: string][] = [
  [/parse error/, 'The mark shows the place.'],
  [/too many samples/, 'Aggregate or match fewer series, shorten the range, or raise --query.max-samples.'],
  [/maximum resolution of 11,000 points/, 'Choose a larger step or a shorter range.'],
  [/timed out|deadline exceeded/, 'Ask for a shorter range, a larger step or fewer series, or raise --query.timeout.'],
  [
    /invalid expression type "range vector"/,
    'Only one value per series and moment can be drawn: show it as a table, or use a function such as rate(…) or avg_over_time(…).',
  ],
  [/invalid expression type "string"/, 'A text cannot be drawn; show it as a table.'],
  [
    /many-to-many matching|duplicate series for the match group|multiple matches for labels/,
    'Both sides have several series with the same labels: aggregate one side, name the labels with on(…), or say group_left or group_right.',
  ],
  [
    /vector cannot contain metrics with the same labelset/,
    'Labels that told series apart are gone; keep them, or aggregate.',
  ],
  [/sharding|query queue|too many concurrent/, 'The server is busy with other queries; ask again in a moment.'],
];

export function advised(failure: Failure): Failure {
  if (failure.kind !== 'query') return failure;
  const found = ADVICE.find(([pattern]) => pattern.test(failure.what));
  return found === undefined ? failure : { ...failure, advice: found[1] };
}
