/** A link whose address somebody else wrote: a link only if a browser may follow it, else the text alone. */
import type { ComponentChildren } from 'preact';

export function isFollowable(address: string): boolean {
  return /^https?:\/\//i.test(address) && URL.canParse(address);
}

export interface ForeignLinkProps {
  address: string;
  class?: string;
  children: ComponentChildren;
}

export function ForeignLink({ address, class: more, children }: ForeignLinkProps) {
  if (!isFollowable(address)) return <>{children}</>;
  return (
    <a class={more} href={address} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
