/** A button that copies a text and says that it did. */
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './Icon';

const SAID_MS = 1500;

export interface CopyProps {
  text: () => string;
  label: string;
  /** Stands among text. */
  isSmall?: boolean;
}

export function Copy({ text, label, isSmall = false }: CopyProps) {
  const [said, say] = useState<'' | 'Copied' | 'Copying failed'>('');
  useEffect(() => {
    if (said === '') return undefined;
    const timer = setTimeout(() => say(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => say((await copyText(text())) ? 'Copied' : 'Copying failed');
  return (
    <button type="button" class={isSmall ? 'button quiet small' : 'button'} onClick={() => void copy()}>
      <Icon name={said === 'Copied' ? 'good' : 'copy'} />
      <span aria-live="polite">{said === '' ? label : said}</span>
    </button>
  );
}

/** Copies; returns whether that worked. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

/** Browsers have no clipboard for pages without TLS, which is how most servers of this kind are reached; they still copy a selection. */
function copyByHand(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr-only';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}
