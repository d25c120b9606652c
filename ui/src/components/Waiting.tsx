/** Stands where data will be: the failure if there is one, else room. */
import type { ComponentChildren } from 'preact';
import type { Snapshot } from '../state/resource';
import { Trouble } from './Trouble';

export interface WaitingProps<T> {
  on: Snapshot<T>;
  children: (value: T) => ComponentChildren;
}

/** Draws the value as soon as it is there and keeps it while the server is away; `Standing` says that it is. */
export function Waiting<T>({ on, children }: WaitingProps<T>) {
  if (on.value !== undefined) return <>{children(on.value)}</>;
  if (on.failure !== undefined) return <Trouble failure={on.failure} />;
  return <div class="waiting" aria-busy="true" />;
}
