/** Marks what the server itself finds wrong, at the place where it says so. */
import { type Diagnostic, linter } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { ask } from '../api/request';
import { anything } from '../api/shape';
import { visible } from '../format/series';
import { type Mistake, mistakeIn } from './place';

/** From the last key to the question, in milliseconds. */
const DELAY_MS = 350;

export function serverLint(): Extension {
  let request: AbortController | undefined;
  return linter(
    async (view: EditorView) => {
      request?.abort();
      request = new AbortController();
      return mistakes(view.state.doc.toString(), request.signal);
    },
    { delay: DELAY_MS },
  );
}

async function mistakes(expr: string, signal: AbortSignal): Promise<Diagnostic[]> {
  if (expr.trim() === '') return [];
  const outcome = await ask('parse_query', { query: expr }, anything, { post: true, signal });
  if (outcome.ok || outcome.failure.kind !== 'query') return [];
  const mistake = mistakeIn(expr, outcome.failure.what);
  if (mistake === undefined) return [];
  const { from, to } = shown(expr, mistake);
  return [{ from, to, severity: 'error', message: visible(mistake.message) }];
}

/** Where something is missing there is nothing to mark, so that is the last character before. */
function shown(expr: string, { from, to }: Mistake): { from: number; to: number } {
  if (to > from) return { from, to };
  const end = expr.slice(0, from).trimEnd().length;
  return { from: Math.max(end - 1, 0), to: end };
}
