/** Labels or matchers side by side, as many as there is room for. */
import type { Labels } from '../api/query';
import { visible } from '../format/series';
import { Name } from './Name';
import './label-chips.css';

const PART_MAX = 60;
const USUAL_MAX = 12;
const NOTHING: readonly string[] = [];

export interface LabelChipsProps {
  labels: Labels;
  /** Names that stand elsewhere already. */
  without?: readonly string[];
  /** More than these are counted, not shown. */
  most?: number;
}

export function LabelChips({ labels, without = NOTHING, most = USUAL_MAX }: LabelChipsProps) {
  const pairs = Object.entries(labels).filter(([name]) => !without.includes(name));
  return (
    <Chips
      texts={pairs.map(([name, value]) => `${visible(name, PART_MAX)}="${visible(value, PART_MAX)}"`)}
      most={most}
    />
  );
}

/** Short texts in the font for code. */
export function Chips({ texts, most = USUAL_MAX }: { texts: readonly string[]; most?: number }) {
  if (texts.length === 0) return null;
  return (
    <span class="chips">
      {texts.slice(0, most).map((text) => (
        <span key={text} class="chip">
          <Name text={text} code />
        </span>
      ))}
      {texts.length > most && <span class="muted">+{texts.length - most}</span>}
    </span>
  );
}
