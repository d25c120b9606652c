/** A silence that is being written, and what is still wrong with it, in words. */
import type { Matcher, NewSilence, Silence } from '../../api/silences';
import { parseDuration } from '../../format/duration';
import { matcherWith, type Operator, operatorOf } from './matchers';

export interface DraftMatcher {
  /** Different for each; stays while it is edited. */
  key: number;
  name: string;
  operator: Operator;
  value: string;
}

/** A duration as it is typed, or a moment in milliseconds, if one is chosen. */
export type End = { kind: 'for'; text: string } | { kind: 'until'; ms: number | undefined };

export interface Draft {
  /** Of the silence that it replaces. */
  id: string | undefined;
  matchers: readonly DraftMatcher[];
  /** In milliseconds; nothing: as soon as it is saved. */
  start: number | undefined;
  end: End;
  createdBy: string;
  comment: string;
  annotations: Silence['annotations'];
}

const USUAL_LENGTH = '2h';

let lastKey = 0;

export function draftMatcher(matcher?: Matcher): DraftMatcher {
  lastKey += 1;
  if (matcher === undefined) return { key: lastKey, name: '', operator: '=', value: '' };
  return { key: lastKey, name: matcher.name, operator: operatorOf(matcher), value: matcher.value };
}

export function newDraft(matchers: readonly Matcher[], createdBy: string, comment: string): Draft {
  const drafts = matchers.length === 0 ? [draftMatcher()] : matchers.map(draftMatcher);
  return {
    id: undefined,
    matchers: drafts,
    start: undefined,
    end: { kind: 'for', text: USUAL_LENGTH },
    createdBy,
    comment,
    annotations: {},
  };
}

/** The draft that changes a silence. */
export function editDraft(silence: Silence): Draft {
  return {
    ...newDraft(silence.matchers, silence.createdBy, silence.comment),
    id: silence.id,
    start: Date.parse(silence.startsAt),
    end: { kind: 'until', ms: Date.parse(silence.endsAt) },
    annotations: silence.annotations,
  };
}

/** The draft of a silence like one that is over, from now on. */
export function againDraft(silence: Silence, createdBy: string): Draft {
  return { ...newDraft(silence.matchers, createdBy, silence.comment), annotations: silence.annotations };
}

/** The matchers that say which label they are about. */
export function matchersOf({ matchers }: Draft): Matcher[] {
  return matchers
    .filter(({ name }) => name !== '')
    .map(({ name, operator, value }) => matcherWith(name, operator, value));
}

/** When it ends, in milliseconds, if that can be told. */
export function endOf({ start, end }: Draft, now: number): number | undefined {
  if (end.kind === 'until') return end.ms;
  const seconds = parseDuration(end.text.replaceAll(' ', ''));
  return seconds === undefined || seconds === 0 ? undefined : (start ?? now) + seconds * 1000;
}

export interface Mistakes {
  matchers?: string;
  start?: string;
  end?: string;
  createdBy?: string;
  comment?: string;
}

/** What keeps a draft from being saved, by field. */
export function mistakesOf(draft: Draft, now: number): Mistakes {
  const mistakes: Mistakes = {};
  const matchers = matchersOf(draft);
  const nameless = draft.matchers.find(({ name, value }) => name === '' && value !== '');
  if (nameless !== undefined) mistakes.matchers = 'A value stands without the name of its label.';
  else if (matchers.length === 0) mistakes.matchers = 'Name at least one label, such as alertname.';
  else if (matchers.every(takesNothing)) {
    mistakes.matchers =
      'At least one matcher has to demand something: alerts without these labels would be silenced, too.';
  }
  const end = endMistake(draft, now);
  if (end !== undefined) mistakes.end = end;
  if (draft.start !== undefined && Number.isNaN(draft.start)) mistakes.start = 'Choose when it starts.';
  if (draft.createdBy.trim() === '') mistakes.createdBy = 'Say who you are.';
  if (draft.comment.trim() === '') mistakes.comment = 'Say why, for those who wonder later.';
  return mistakes;
}

function endMistake(draft: Draft, now: number): string | undefined {
  const end = endOf(draft, now);
  if (end === undefined || Number.isNaN(end)) {
    return draft.end.kind === 'for' ? 'Write a duration such as 2h, 90m or 1d12h.' : 'Choose when it ends.';
  }
  if (end <= (draft.start ?? now)) return 'It would end before it starts.';
  return end <= now ? 'It would be over already.' : undefined;
}

/** Whether a matcher lets alerts through that do not have the label. */
function takesNothing({ value, isRegex, isEqual }: Matcher): boolean {
  if (!isRegex) return isEqual === (value === '');
  try {
    return isEqual === new RegExp(`^(?:${value})$`, 's').test('');
  } catch {
    // The server's regular expressions are not the browser's; it decides.
    return false;
  }
}

/** What the server is told; the draft has no mistakes. */
export function silenceOf(draft: Draft, now: number): NewSilence {
  return {
    ...(draft.id === undefined ? {} : { id: draft.id }),
    matchers: matchersOf(draft),
    startsAt: new Date(draft.start ?? now).toISOString(),
    endsAt: new Date(endOf(draft, now) ?? now).toISOString(),
    createdBy: draft.createdBy.trim(),
    comment: draft.comment.trim(),
    annotations: draft.annotations,
  };
}
