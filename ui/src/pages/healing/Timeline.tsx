/** The way of a run, stage by stage, with when each began and how long it took. */
import type { Run } from '../../api/healing';
import { Elapsed } from '../../components/Elapsed';
import { Icon, type IconName } from '../../components/Icon';
import { Name } from '../../components/Name';
import { formatClock, formatMoment } from '../../format/time';
import { moodOf, type ShownStage, timelineOf } from './stages';

const WORD_MAX = 40;
const DETAIL_MAX = 160;

export function Timeline({ run }: { run: Run }) {
  return (
    <ol class="timeline" aria-label="Stages">
      {timelineOf(run).map((stage, index) => (
        // Stages have no other identity than their place: they may repeat.
        // oxlint-disable-next-line react/no-array-index-key
        <Stage key={index} stage={stage} />
      ))}
    </ol>
  );
}

function Stage({ stage: { word, state, phase, at, until, detail } }: { stage: ShownStage }) {
  return (
    <li
      class={`stage ${phase} ${phase === 'past' ? moodOf(state) : ''}`}
      aria-current={phase === 'now' ? 'step' : undefined}
    >
      <span class="stage-dot">
        <Icon name={iconOf(state, phase)} />
      </span>
      <span class="stage-word">
        <Name text={word} most={WORD_MAX} />
        {phase === 'ahead' && <span class="sr-only"> (not yet)</span>}
      </span>
      <span class="stage-time">
        {at !== undefined && (
          <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
            {formatClock(at)}
          </time>
        )}
        {at !== undefined && (until !== undefined || phase === 'now') && (
          <>
            {' '}
            · <Elapsed since={at} until={until} />
          </>
        )}
      </span>
      {detail !== undefined && detail !== '' && (
        <span class="stage-detail">
          <Name text={detail} most={DETAIL_MAX} />
        </span>
      )}
    </li>
  );
}

function iconOf(state: string, phase: ShownStage['phase']): IconName {
  if (phase === 'ahead') return 'minus';
  if (phase === 'now') return 'refresh';
  const mood = moodOf(state);
  return mood === 'live' ? 'good' : mood;
}
