/** A dialog over the page: the browser's own, which keeps the focus inside and closes on Esc. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './Icon';

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open === isOpen) return;
    if (isOpen) dialog.showModal();
    else dialog.close();
  }, [isOpen]);
  // A click on the backdrop is a click on the dialog itself; what it contains is in a box of its own.
  const closeOutside = (event: MouseEvent) => {
    if (event.target === element.current) onClose();
  };
  return (
    // Esc, which the browser handles, is the keyboard's way to do what the click does.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog ref={element} class="dialog" aria-labelledby={id} onClose={onClose} onClick={closeOutside}>
      {isOpen && (
        <div class="dialog-box">
          <header class="card-head">
            <h2 id={id}>{title}</h2>
            <button type="button" class="button quiet" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </header>
          {children}
        </div>
      )}
    </dialog>
  );
}
