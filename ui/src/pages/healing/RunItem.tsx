/** One run: what it does to what, and the way it has gone; on demand everything, with the end of its log. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../api/failure';
import { cancelRun, type Run } from '../../api/healing';
import { Dialog } from '../../components/Dialog';
import { Elapsed, FromNow } from '../../components/Elapsed';
import { type Fact, Facts } from '../../components/Facts';
import { Fold } from '../../components/Fold';
import { ForeignLink, isFollowable } from '../../components/ForeignLink';
import { Icon, type IconName } from '../../components/Icon';
import { LabelChips } from '../../components/LabelChips';
import { Moment } from '../../components/Moment';
import { Name } from '../../components/Name';
import { PageLink } from '../../components/PageLink';
import { Trouble } from '../../components/Trouble';
import { formatCount } from '../../format/number';
import { visible } from '../../format/series';
import { parseMoment } from '../../format/time';
import { creator } from '../../state/creator';
import { refresh } from '../../state/resource';
import { Field, focusMistake } from '../../components/Field';
import { Timeline } from './Timeline';
import { isLive, type Mood, moodOf, wordOf } from './stages';

const NAME_MAX = 80;
const ACTION_MAX = 120;
const DETAIL_MAX = 1000;
const LOG_MAX = 20_000;

const ICONS: Readonly<Record<Mood, IconName>> = { good: 'good', bad: 'bad', live: 'refresh', unknown: 'unknown' };

export interface RunItemProps {
  run: Run;
  isOpen: boolean;
  onToggle: (id: string, isOpen: boolean) => void;
}

export function RunItem({ run, isOpen, onToggle }: RunItemProps) {
  const { id, remediation, target, action, state, detail, mode } = run;
  const mood = moodOf(state);
  const live = isLive(run);
  // A run in shadow mode ends where it would have begun: nobody cancelled anything.
  const isShown = mode === 'shadow' && state === 'cancelled';
  const started = parseMoment(run.started_at);
  return (
    <article class="run" aria-label={`${visible(remediation, NAME_MAX)}, ${wordOf(state)}`}>
      <div class="run-line">
        <span class={`run-state ${mood}`}>
          <Icon name={ICONS[mood]} /> <Name text={isShown ? 'shadow' : wordOf(state)} most={NAME_MAX} />
        </span>
        <Fold isOpen={isOpen} onToggle={() => onToggle(id, !isOpen)}>
          <Name text={remediation} most={NAME_MAX} />
        </Fold>
        <span class="run-what">
          <Name text={action} most={ACTION_MAX} />
          {mode === 'shadow' && <span class="muted"> (only shown, not done)</span>} <LabelChips labels={target} />
        </span>
        <span class="fact num">
          <Elapsed since={started} until={live ? undefined : parseMoment(run.ended_at ?? '')} />
          {!live && (
            <span class="muted">
              {' '}
              · <FromNow ms={parseMoment(run.ended_at ?? '')} />
            </span>
          )}
        </span>
        <span class="run-actions">
          {run.link !== undefined && isFollowable(run.link) && (
            <ForeignLink address={run.link} class="button small">
              {isJenkins(run.link) ? 'Build' : 'Open'}
              <span class="sr-only"> of {visible(remediation, NAME_MAX)}</span>
            </ForeignLink>
          )}
          {live && <CancelButton run={run} />}
        </span>
      </div>
      {detail !== undefined && !(live && detail === run.stages.at(-1)?.detail) && (
        <p class={mood === 'bad' ? 'run-more bad' : 'run-more muted'}>
          <Name text={detail} most={DETAIL_MAX} />
        </p>
      )}
      {(live || isOpen) && <Timeline run={run} />}
      {isOpen && <RunDetails run={run} />}
    </article>
  );
}

function isJenkins(link: string): boolean {
  return /\/job\//.test(link);
}

function RunDetails({ run }: { run: Run }) {
  return (
    <div class="run-details">
      <Facts facts={factsOf(run)} />
      {run.log !== undefined && run.log !== '' && (
        <section>
          <h3>The end of its log</h3>
          {/* Scrolls by itself, so it has to be reachable for the arrow keys. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre class="log" tabIndex={0} role="region" aria-label="The end of its log">
            {run.log
              .split('\n')
              .map((line) => visible(line, LOG_MAX))
              .join('\n')}
          </pre>
        </section>
      )}
    </div>
  );
}

function factsOf({ id, alert, started_at, ended_at, step, attempt, link }: Run): Fact[] {
  const { alertname = '' } = alert.labels;
  const facts: Fact[] = [
    [
      'Alert',
      <PageLink key="alert" to="/alerts" params={{ search: alertname.slice(0, 200) }}>
        <Name text={alertname} most={NAME_MAX} />
      </PageLink>,
    ],
    ['Its labels', <LabelChips key="labels" labels={alert.labels} without={['alertname']} />],
    ['Started', <Moment key="started" ms={parseMoment(started_at)} />],
    ['Ended', ended_at === undefined ? 'not yet' : <Moment key="ended" ms={parseMoment(ended_at)} />],
    ['Step and attempt', `step ${formatCount(step + 1)}, attempt ${formatCount(attempt)}`],
    ['Identifier', <Name key="id" text={id} code />],
  ];
  if (link !== undefined) {
    facts.push([
      'Where it runs',
      <ForeignLink key="link" address={link}>
        <Name text={link} most={DETAIL_MAX} code />
      </ForeignLink>,
    ]);
  }
  return facts;
}

function CancelButton({ run }: { run: Run }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Cancel<span class="sr-only"> {visible(run.remediation, NAME_MAX)}</span>
      </button>
      <Dialog title="Cancel this run?" isOpen={isOpen} onClose={() => setOpen(false)}>
        <CancelForm run={run} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function CancelForm({ run, onDone }: { run: Run; onDone: () => void }) {
  const [by, setBy] = useState(creator.peek());
  const [isTried, setTried] = useState(false);
  const [failure, fail] = useState<Failure>();
  const cancel = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (by.trim() === '') return focusMistake(event.currentTarget);
    creator.value = by.trim();
    const outcome = await cancelRun(run.id, by.trim());
    if (!outcome.ok) return fail(outcome.failure);
    onDone();
    refresh('healing');
  };
  return (
    <form class="dialog-form" noValidate onSubmit={(event) => void cancel(event)}>
      <p>
        <Name text={run.action} most={ACTION_MAX} /> <LabelChips labels={run.target} />
      </p>
      <p class="muted">What has begun is stopped if it can be stopped; it is not undone.</p>
      <Field label="Who" mistake={isTried && by.trim() === '' ? 'Say who you are.' : undefined}>
        {(describe) => (
          <input
            {...describe}
            class="field"
            autocomplete="name"
            value={by}
            onInput={(event) => setBy(event.currentTarget.value)}
          />
        )}
      </Field>
      {failure !== undefined && <Trouble failure={failure} />}
      <div class="actions">
        <button type="submit" class="button main">
          Cancel the run
        </button>
        <button type="button" class="button" onClick={onDone}>
          Let it go on
        </button>
      </div>
    </form>
  );
}
