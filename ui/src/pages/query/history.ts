/** The expressions that were run in this browser, newest first. */
import { stored } from '../../state/stored';

const KEPT_MAX = 200;
/** Longer ones are programs, not questions, and would fill the browser's store. */
const LENGTH_MAX = 20_000;

export const history = stored<readonly string[]>('query.history', [], isHistory);

function isHistory(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

export function remember(expr: string): void {
  const text = expr.trim();
  if (text === '' || text.length > LENGTH_MAX || history.peek()[0] === text) return;
  history.value = [text, ...history.peek().filter((entry) => entry !== text)].slice(0, KEPT_MAX);
}

export function forgetAll(): void {
  history.value = [];
}
