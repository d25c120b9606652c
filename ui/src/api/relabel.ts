/** `targets/relabel_steps`: what each rule of a pool makes of a target's labels. */
import { mapOutcome, type Outcome } from './failure';
import type { Labels } from './query';
import { ask } from './request';
import { anything, bool, list, object, table, text } from './shape';

/** A rule as the configuration has it; fields that are not set are missing. */
export type Rule = Record<string, unknown>;

export interface Step {
  rule: Rule;
  /** Empty once the target is dropped. */
  output: Labels;
  keep: boolean;
}

const steps = object<{ steps: Step[] }>({
  steps: list(object<Step>({ rule: table(anything), output: table(text), keep: bool })),
});

/** Labels can be longer than an address can be, so they are sent as a form. */
export async function askRelabelSteps(pool: string, labels: Labels, signal?: AbortSignal): Promise<Outcome<Step[]>> {
  const fields = { scrapePool: pool, labels: JSON.stringify(labels) };
  return mapOutcome(
    await ask('targets/relabel_steps', fields, steps, { signal, post: true }),
    (answer) => answer.steps,
  );
}
