/** A button that opens the browser's own calendar and clock, in the zone that is chosen. */
import { useRef } from 'preact/hooks';
import { Icon } from '../../components/Icon';
import { serverNow } from '../../state/clock';
import { zone } from '../../state/zone';
import { parseWall, wallTime } from './wall';

export interface MomentPickerProps {
  label: string;
  /** In seconds; now where it is missing. */
  seconds: number | undefined;
  onChange: (seconds: number) => void;
}

/** `2026-11-26T14:03:09`: browsers take no fractions in this step. */
const LENGTH = 19;

export function MomentPicker({ label, seconds, onChange }: MomentPickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const value = () =>
    wallTime(seconds ?? serverNow(), zone.value)
      .replace(' ', 'T')
      .slice(0, LENGTH);
  const open = () => {
    if (input.current === null) return;
    // Time has gone on since the last rendering.
    input.current.value = value();
    input.current.showPicker();
  };
  const choose = (text: string) => {
    const chosen = parseWall(text, zone.value);
    if (chosen !== undefined) onChange(chosen);
  };
  return (
    <span class="moment-picker">
      {/* Only its calendar is ever seen: what it would show depends on the country, and it cannot say "now". */}
      <input
        ref={input}
        type="datetime-local"
        step={1}
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => choose(event.currentTarget.value)}
      />
      <button type="button" class="button" aria-label={label} title={label} onClick={open}>
        <Icon name="calendar" />
      </button>
    </span>
  );
}
