/** When: the range of a graph, its end or the moment of a table, and the distance between points. */
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../components/Icon';
import { formatDuration, parseDuration } from '../../format/duration';
import { serverNow } from '../../state/clock';
import { zone } from '../../state/zone';
import { type Density, type Panel, type Resolution, stepOf } from './panel';
import { MomentPicker } from './MomentPicker';
import { parseWall, wallTime } from './wall';

/** Ranges that the buttons go through. */
const RANGES = [
  '1m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '6h',
  '12h',
  '1d',
  '2d',
  '7d',
  '14d',
  '28d',
  '56d',
  '112d',
  '182d',
  '365d',
  '730d',
];
const STEPS = ['1s', '5s', '10s', '15s', '30s', '1m', '5m', '15m', '1h', '6h', '1d'];
const DENSITIES: readonly [Density, string][] = [
  ['low', 'Auto, coarse'],
  ['medium', 'Auto'],
  ['high', 'Auto, fine'],
];
/** The end moves by this share of the range, so that the old picture and the new one overlap. */
const SHIFT = 0.5;

export interface TimeControlsProps {
  panel: Panel;
  onChange: (change: Partial<Panel>) => void;
}

export function TimeControls({ panel, onChange }: TimeControlsProps) {
  const isGraph = panel.tab !== 'table';
  return (
    <div class="time-controls">
      {isGraph && <Range rangeS={panel.rangeS} onChange={(rangeS) => onChange({ rangeS })} />}
      <End
        endS={panel.endS}
        shiftS={panel.rangeS * SHIFT}
        label={isGraph ? 'End' : 'Time'}
        onChange={(endS) => onChange({ endS })}
      />
      {isGraph && <Step panel={panel} onChange={(resolution) => onChange({ resolution })} />}
    </div>
  );
}

function Range({ rangeS, onChange }: { rangeS: number; onChange: (seconds: number) => void }) {
  const shorter = RANGES.findLast((range) => (parseDuration(range) ?? 0) < rangeS);
  const longer = RANGES.find((range) => (parseDuration(range) ?? 0) > rangeS);
  const go = (range: string | undefined) => range !== undefined && onChange(parseDuration(range) ?? rangeS);
  return (
    <div class="joined" role="group" aria-label="Range">
      <button
        type="button"
        class="button"
        aria-label="Shorter range"
        title="Shorter range"
        disabled={shorter === undefined}
        onClick={() => go(shorter)}
      >
        <Icon name="minus" />
      </button>
      <DurationField label="Range" value={rangeS} onChange={onChange} />
      <button
        type="button"
        class="button"
        aria-label="Longer range"
        title="Longer range"
        disabled={longer === undefined}
        onClick={() => go(longer)}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}

interface DurationFieldProps {
  label: string;
  value: number;
  onChange: (seconds: number) => void;
}

/** A duration such as `1h30m`; what cannot be read is marked and changes nothing. */
function DurationField({ label, value, onChange }: DurationFieldProps) {
  const [text, setText] = useState(formatDuration(value));
  useEffect(() => setText(formatDuration(value)), [value]);
  const seconds = parseDuration(text.trim());
  const isValid = seconds !== undefined && seconds > 0;
  const commit = () => isValid && seconds !== value && onChange(seconds);
  return (
    <input
      class="field duration"
      aria-label={label}
      aria-invalid={!isValid}
      title={isValid ? label : 'A duration such as 30s, 15m, 1h30m or 2d'}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

interface EndProps {
  endS: number | undefined;
  shiftS: number;
  label: string;
  onChange: (endS: number | undefined) => void;
}

function End({ endS, shiftS, label, onChange }: EndProps) {
  const shift = (by: number) => onChange(Math.round((endS ?? serverNow()) + by));
  const which = zone.value === 'utc' ? 'UTC' : 'local time';
  return (
    <div class="joined" role="group" aria-label={label}>
      <button type="button" class="button" aria-label="Earlier" title="Earlier" onClick={() => shift(-shiftS)}>
        <Icon name="left" />
      </button>
      <MomentField label={`${label} in ${which}; empty means now`} endS={endS} onChange={onChange} />
      <MomentPicker label={`${label}: choose from a calendar`} seconds={endS} onChange={onChange} />
      <button
        type="button"
        class="button"
        aria-label="Later"
        title="Later"
        disabled={endS === undefined}
        onClick={() => shift(shiftS)}
      >
        <Icon name="right" />
      </button>
      <button type="button" class="button" aria-pressed={endS === undefined} onClick={() => onChange(undefined)}>
        Now
      </button>
    </div>
  );
}

/** A moment such as `2026-11-26 14:03:09`, the same in every locale; nothing means now. */
function MomentField({ label, endS, onChange }: Pick<EndProps, 'label' | 'endS' | 'onChange'>) {
  const shown = endS === undefined ? '' : wallTime(endS, zone.value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const seconds = parseWall(text, zone.value);
  const isNow = text.trim() === '' || text.trim() === 'now';
  const isValid = isNow || seconds !== undefined;
  const commit = () => isValid && text !== shown && onChange(isNow ? undefined : seconds);
  return (
    <input
      class="field moment"
      aria-label={label}
      aria-invalid={!isValid}
      title={isValid ? label : 'A date and a time such as 2026-11-26 14:03:09'}
      placeholder="now"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

function Step({ panel, onChange }: { panel: Panel; onChange: (resolution: Resolution) => void }) {
  const { resolution } = panel;
  const value =
    resolution.type === 'auto'
      ? resolution.density
      : resolution.type === 'fixed'
        ? formatDuration(resolution.stepS)
        : 'custom';
  const choose = (choice: string) => {
    if (choice === 'custom') onChange({ type: 'custom', stepS: stepOf(panel) });
    else if (choice === 'low' || choice === 'medium' || choice === 'high') onChange({ type: 'auto', density: choice });
    else onChange({ type: 'fixed', stepS: parseDuration(choice) ?? 1 });
  };
  const isListed = STEPS.includes(value);
  return (
    <div class="joined" role="group" aria-label="Step">
      <select
        class="field"
        aria-label="Distance between points"
        title="Distance between points"
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {DENSITIES.map(([density, text]) => (
          <option key={density} value={density}>
            {text} ({formatDuration(stepOf({ ...panel, resolution: { type: 'auto', density } }))})
          </option>
        ))}
        {[...(isListed || resolution.type !== 'fixed' ? [] : [value]), ...STEPS].map((step) => (
          <option key={step} value={step}>
            {step}
          </option>
        ))}
        <option value="custom">Other…</option>
      </select>
      {resolution.type === 'custom' && (
        <DurationField
          label="Step"
          value={resolution.stepS}
          onChange={(stepS) => onChange({ type: 'custom', stepS })}
        />
      )}
    </div>
  );
}
