/** A text that somebody else wrote: a metric's name, a label's value, an error. It cannot reach out of its place. */
import { SHOWN_MAX, visible } from '../format/series';

export interface NameProps {
  text: string;
  /** Shows this many characters at most. */
  most?: number;
  /** In the font for code. */
  code?: boolean;
}

export function Name({ text, most = SHOWN_MAX, code = false }: NameProps) {
  const shown = text === '' ? '(empty)' : visible(text, most);
  return <bdi class={code ? 'name code' : 'name'}>{shown}</bdi>;
}
