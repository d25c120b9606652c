/** A link to a page of this interface. */
import type { ComponentChildren } from 'preact';
import { href, type Params } from '../router';

export interface PageLinkProps {
  to: string;
  params?: Params;
  class?: string;
  title?: string;
  /** Whether this is where the reader is. */
  current?: boolean;
  children: ComponentChildren;
}

export function PageLink({ to, params, current = false, children, ...rest }: PageLinkProps) {
  return (
    <a href={href(to, params)} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
