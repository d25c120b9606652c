/** One of a few choices, side by side: a group of radio buttons with arrow keys, as browsers have it. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface SegmentedProps<T extends string> {
  /** What is chosen, for those who do not see it. */
  label: string;
  /** Nothing where the choice is not known yet. */
  value: T | undefined;
  options: readonly { value: T; text: ComponentChildren; title?: string }[];
  onChange: (value: T) => void;
}

export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  const group = useId();
  return (
    <fieldset class="segmented">
      <legend class="sr-only">{label}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input
            type="radio"
            name={group}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </fieldset>
  );
}
