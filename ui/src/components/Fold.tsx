/** A heading that opens and closes what is below it. */
import type { ComponentChildren } from 'preact';
import { Icon } from './Icon';
import './fold.css';

export interface FoldProps {
  isOpen: boolean;
  onToggle: () => void;
  children: ComponentChildren;
}

export function Fold({ isOpen, onToggle, children }: FoldProps) {
  return (
    <button type="button" class="fold" aria-expanded={isOpen} onClick={onToggle}>
      <Icon name={isOpen ? 'down' : 'right'} />
      <span>{children}</span>
    </button>
  );
}
