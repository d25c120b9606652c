/** A part of a page with a heading. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface CardProps {
  title: ComponentChildren;
  /** Stands at the right of the title: a number, a switch, a link. */
  aside?: ComponentChildren;
  /** More class names. */
  class?: string;
  children: ComponentChildren;
}

export function Card({ title, aside, class: more, children }: CardProps) {
  const id = useId();
  return (
    <section class={`card ${more ?? ''}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div class="card-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}
