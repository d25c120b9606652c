/** The unit of an expression, with what targets declare of its metrics as soon as that is known. */
import { type Outcome, success } from '../../api/failure';
import { askMetadata, type MetricMetadata } from '../../api/status';
import type { Unit } from '../../format/number';
import { useResource } from '../../state/resource';
import { type Declared, declaredNames, unitOf } from './unit';

/** An expression of more metrics has hardly one unit. */
const NAMES_MAX = 8;

export function useUnit(expr: string): Unit {
  const names = declaredNames(expr);
  const isAsked = names.length > 0 && names.length <= NAMES_MAX;
  const { value } = useResource<Declared>(isAsked ? `units ${JSON.stringify(names)}` : undefined, (signal) =>
    askDeclared(names, signal),
  );
  return unitOf(expr, value);
}

async function askDeclared(names: readonly string[], signal: AbortSignal): Promise<Outcome<Declared>> {
  const outcomes = await Promise.all(names.map((name) => askMetadata(signal, name)));
  const declared = new Map<string, MetricMetadata[]>();
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    for (const [name, entries] of Object.entries(outcome.value)) declared.set(name, entries);
  }
  return success(declared);
}
