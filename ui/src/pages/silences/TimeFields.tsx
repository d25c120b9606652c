/** When a silence starts and ends. */
import { useId } from 'preact/hooks';
import { Segmented } from '../../components/Segmented';
import { formatSeconds } from '../../format/number';
import { formatMoment } from '../../format/time';
import { zone } from '../../state/zone';
import { useNow } from '../../state/ticking';
import { type Draft, endOf, type Mistakes } from './draft';
import { Mistake } from '../../components/Field';
import { fieldOf, ofField } from './moments';

const LENGTHS = ['30m', '1h', '2h', '4h', '8h', '1d', '3d', '7d'] as const;
const HOUR_MS = 3_600_000;

export interface TimeFieldsProps {
  draft: Draft;
  mistakes: Mistakes;
  onChange: (part: Partial<Draft>) => void;
}

export function TimeFields({ draft, mistakes, onChange }: TimeFieldsProps) {
  const { start, end } = draft;
  const id = useId();
  const now = useNow();
  const ends = endOf(draft, now);
  const described = (mistake: string | undefined) => ({
    'aria-invalid': mistake !== undefined,
    'aria-describedby': `${id}-mistake`,
  });
  return (
    <>
      <fieldset class="form-field">
        <legend>From</legend>
        <div class="actions">
          <Segmented
            label="Start"
            value={start === undefined ? 'now' : 'later'}
            options={[
              { value: 'now', text: 'Now' },
              { value: 'later', text: 'At a time' },
            ]}
            onChange={(choice) => onChange({ start: choice === 'now' ? undefined : now + HOUR_MS })}
          />
          {start !== undefined && (
            <input
              class="field"
              type="datetime-local"
              step={1}
              aria-label={`Starts at, ${zoneText()}`}
              {...described(mistakes.start)}
              value={fieldOf(start, zone.value)}
              onChange={(event) => onChange({ start: ofField(event.currentTarget.value, zone.value) ?? Number.NaN })}
            />
          )}
        </div>
        <Mistake id={`${id}-start`} text={mistakes.start} />
      </fieldset>
      <fieldset class="form-field">
        <legend>How long</legend>
        <div class="actions">
          <Segmented
            label="End"
            value={end.kind}
            options={[
              { value: 'for', text: 'For a while' },
              { value: 'until', text: 'Until a time' },
            ]}
            onChange={(kind) =>
              onChange({ end: kind === 'for' ? { kind, text: '2h' } : { kind, ms: ends ?? now + HOUR_MS } })
            }
          />
          {end.kind === 'for' ? (
            <input
              class="field length"
              aria-label="Duration"
              {...described(mistakes.end)}
              value={end.text}
              onInput={(event) => onChange({ end: { kind: 'for', text: event.currentTarget.value } })}
            />
          ) : (
            <input
              class="field"
              type="datetime-local"
              step={1}
              aria-label={`Ends at, ${zoneText()}`}
              {...described(mistakes.end)}
              value={fieldOf(end.ms, zone.value)}
              onChange={(event) =>
                onChange({ end: { kind: 'until', ms: ofField(event.currentTarget.value, zone.value) } })
              }
            />
          )}
        </div>
        <div class="actions lengths">
          {LENGTHS.map((length) => (
            <button
              key={length}
              type="button"
              class="button small"
              aria-pressed={end.kind === 'for' && end.text === length}
              onClick={() => onChange({ end: { kind: 'for', text: length } })}
            >
              {length}
            </button>
          ))}
        </div>
        <Mistake id={`${id}-mistake`} text={mistakes.end} />
        <p class="muted small">
          {ends === undefined || Number.isNaN(ends) ? ' ' : `Ends at ${formatMoment(ends)}, ${endsIn(ends, now)}.`}
        </p>
      </fieldset>
    </>
  );
}

function endsIn(ends: number, now: number): string {
  return ends <= now ? 'which is over' : `in ${formatSeconds(Math.round((ends - now) / 1000))}`;
}

function zoneText(): string {
  return zone.value === 'utc' ? 'UTC' : 'time of this browser';
}
