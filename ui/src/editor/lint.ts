/** Marks all that the server itself finds wrong, at the places where it says so. */
import { type Diagnostic, linter } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { ask } from '../api/request';
import { list, number, object, text } from '../api/shape';
import { visible } from '../format/series';
import { partOf, type Told } from './place';

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
  const outcome = await ask('regain/lint', { query: expr }, lint, { post: true, signal });
  if (!outcome.ok) return [];
  return outcome.value.errors.map((told) => ({
    ...shown(expr, partOf(expr, told)),
    severity: 'error',
    message: visible(told.message),
  }));
}

const lint = object({ errors: list(object<Told>({ message: text, start: number, end: number })) });

/** Where something is missing there is nothing to mark, so that is the last character before. */
function shown(expr: string, { from, to }: { from: number; to: number }): { from: number; to: number } {
  if (to > from) return { from, to };
  const end = expr.slice(0, from).trimEnd().length;
  return { from: Math.max(end - 1, 0), to: end };
}
