/** The form for a silence, with the alerts that it would be about. */
import { useState } from 'preact/hooks';
import type { Failure } from '../../api/failure';
import { askSilence, saveSilence, type Silence } from '../../api/silences';
import { Card } from '../../components/Card';
import { PageLink } from '../../components/PageLink';
import { Trouble } from '../../components/Trouble';
import { Waiting } from '../../components/Waiting';
import { href, navigate, query } from '../../router';
import { serverNow } from '../../state/clock';
import { creator } from '../../state/creator';
import { isAbsent } from '../../state/absent';
import { refresh, useResource } from '../../state/resource';
import { matchersIn } from './address';
import { Affected } from './Affected';
import { againDraft, type Draft, editDraft, matchersOf, type Mistakes, mistakesOf, newDraft, silenceOf } from './draft';
import { Field, focusMistake } from '../../components/Field';
import { MatcherFields } from './MatcherFields';
import { Gone } from './SilenceView';
import { TimeFields } from './TimeFields';

const now = () => serverNow() * 1000;

export function NewSilence() {
  const from = query.value.get('from') ?? '';
  if (from !== '') return <Like key={from} id={from} />;
  const { matchers, mistake } = matchersIn('filter');
  const draft = newDraft(matchers, creator.peek(), query.value.get('comment') ?? '');
  // Another address is another form; what is typed does not change the address.
  return <Form key={query.value.toString()} title="New silence" draft={draft} mistake={mistake} />;
}

function Like({ id }: { id: string }) {
  return <About id={id} title="New silence" draftOf={(silence) => againDraft(silence, creator.peek())} />;
}

export function EditSilence({ id }: { id: string }) {
  return <About id={id} title="Edit the silence" draftOf={editDraft} />;
}

interface AboutProps {
  id: string;
  title: string;
  draftOf: (silence: Silence) => Draft;
}

/** A form that begins with a silence that there is. */
function About({ id, title, draftOf }: AboutProps) {
  const silence = useResource<Silence>(`silence ${id}`, (signal) => askSilence(id, signal));
  if (isAbsent(silence)) return <Gone id={id} />;
  return <Waiting on={silence}>{(value) => <Form title={title} draft={draftOf(value)} />}</Waiting>;
}

interface FormProps {
  title: string;
  draft: Draft;
  /** What was wrong with the matchers in the address. */
  mistake?: string | undefined;
}

function Form({ title, draft: initial, mistake }: FormProps) {
  const [draft, setDraft] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, fail] = useState<Failure>();
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const mistakes: Mistakes = isTried ? mistakesOf(draft, now()) : {};
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    fail(undefined);
    if (Object.keys(mistakesOf(draft, now())).length > 0) return focusMistake(event.currentTarget);
    setBusy(true);
    creator.value = draft.createdBy.trim();
    const outcome = await saveSilence(silenceOf(draft, now()));
    setBusy(false);
    if (!outcome.ok) return fail(outcome.failure);
    refresh('silence');
    refresh('routed');
    return navigate(href(`/silences/${encodeURIComponent(outcome.value)}`));
  };
  return (
    <>
      <h1>{title}</h1>
      <div class="silence-halves">
        <Card title="What, how long, and why">
          <form class="silence-form" noValidate onSubmit={(event) => void save(event)}>
            {mistake !== undefined && <p class="bad">The matchers in the address cannot be read. {mistake}</p>}
            <MatcherFields draft={draft} mistake={mistakes.matchers} onChange={change} />
            <TimeFields draft={draft} mistakes={mistakes} onChange={change} />
            <Field label="Who" mistake={mistakes.createdBy}>
              {(describe) => (
                <input
                  {...describe}
                  class="field"
                  autocomplete="name"
                  value={draft.createdBy}
                  onInput={(event) => change({ createdBy: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field label="Why" mistake={mistakes.comment}>
              {(describe) => (
                <textarea
                  {...describe}
                  class="field"
                  rows={3}
                  value={draft.comment}
                  onInput={(event) => change({ comment: event.currentTarget.value })}
                />
              )}
            </Field>
            {failure !== undefined && <Trouble failure={failure} />}
            <div class="actions">
              <button type="submit" class="button main" disabled={isBusy}>
                {draft.id === undefined ? 'Create the silence' : 'Save the silence'}
              </button>
              <PageLink
                to={draft.id === undefined ? '/silences' : `/silences/${encodeURIComponent(draft.id)}`}
                class="button"
              >
                Cancel
              </PageLink>
            </div>
          </form>
        </Card>
        <Affected title="Alerts that it would silence now" matchers={matchersOf(draft)} isNew />
      </div>
    </>
  );
}
