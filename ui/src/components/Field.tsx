/** A field with its name above it, and what is wrong with it below. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './field.css';

/** What the control takes to be read out with its name and its mistake. */
export interface Described {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
}

export interface FieldProps {
  label: string;
  mistake?: string | undefined;
  children: (describe: Described) => ComponentChildren;
}

export function Field({ label, mistake, children }: FieldProps) {
  const id = useId();
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': mistake !== undefined, 'aria-describedby': `${id}-mistake` })}
      <Mistake id={`${id}-mistake`} text={mistake} />
    </div>
  );
}

export function Mistake({ id, text }: { id: string; text: string | undefined }) {
  return (
    <p id={id} class="bad small mistake">
      {text}
    </p>
  );
}

/** Takes the reader of a form to its first mistake, which is marked when the form is drawn anew. */
export function focusMistake(form: EventTarget | null): void {
  if (!(form instanceof HTMLElement)) return;
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
