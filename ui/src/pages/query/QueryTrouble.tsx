/** Why there is no answer, in words; for a mistake in the expression with the place of it. */
import type { Failure } from '../../api/failure';
import { Icon } from '../../components/Icon';
import { Trouble } from '../../components/Trouble';
import { type Mistake, mistakeIn } from '../../editor/place';
import { visible } from '../../format/series';
import { advised } from './advice';

/** As much of a long line as is shown on each side of a mistake, in characters. */
const AROUND = 60;

export function QueryTrouble({ failure, expr }: { failure: Failure; expr: string }) {
  const mistake = failure.kind === 'query' ? mistakeIn(expr, failure.what) : undefined;
  if (mistake === undefined) return <Trouble failure={advised(failure)} />;
  return (
    <div class="trouble" role="alert">
      <Icon name="bad" />
      <div class="mistake">
        <p class="trouble-what">{visible(mistake.message, 2000)}</p>
        <Place mistake={mistake} expr={expr} />
        <p class="muted">
          Line {mistake.line}, column {mistake.column}.
        </p>
      </div>
    </div>
  );
}

/** The line with the mistake marked. */
function Place({ mistake: { from, to }, expr }: { mistake: Mistake; expr: string }) {
  const lineStart = expr.lastIndexOf('\n', from - 1) + 1;
  const lineEnd = expr.indexOf('\n', from);
  const before = expr.slice(Math.max(lineStart, from - AROUND), from);
  const after = expr.slice(to, Math.min(lineEnd < 0 ? expr.length : lineEnd, to + AROUND));
  return (
    <pre class="mistake-place">
      {from - lineStart > AROUND && '…'}
      {visible(before)}
      <mark>{to > from ? visible(expr.slice(from, to)) : '\u00a0'}</mark>
      {visible(after)}
    </pre>
  );
}
