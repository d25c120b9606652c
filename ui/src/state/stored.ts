/** A choice that outlives the page: a signal whose value is kept in the browser. */
import { effect, type Signal, signal } from '@preact/signals';

/** The choice named `name`; a kept value that `isValid` refuses is forgotten. */
export function stored<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `regain.${name}`;
  const choice = signal(read(key, isValid) ?? initial);
  effect(() => {
    try {
      localStorage.setItem(key, JSON.stringify(choice.value));
    } catch {
      // A browser that keeps nothing still lets one choose until the page is closed.
    }
  });
  return choice;
}

function read<T>(key: string, isValid: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A guard for one of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => words.some((word) => word === value);
}
