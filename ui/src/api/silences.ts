/** Silences: which alerts nobody is told of, until when, and why. */
import { askAlertmanager } from './alertmanager';
import { mapOutcome, type Outcome } from './failure';
import type { Labels } from './query';
import { anything, bool, type Decoder, list, object, table, text, withDefault } from './shape';

export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export type SilenceState = 'active' | 'pending' | 'expired';

export interface Silence {
  id: string;
  matchers: Matcher[];
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  createdBy: string;
  comment: string;
  annotations: Labels;
  status: { state: SilenceState };
}

/** A silence to create; with an `id`, to replace. */
export type NewSilence = Omit<Silence, 'id' | 'status' | 'updatedAt'> & { id?: string };

const state: Decoder<SilenceState> = (value, at) => {
  const word = text(value, at);
  return word === 'active' || word === 'pending' ? word : 'expired';
};

const silence = object<Silence>({
  id: text,
  matchers: list(object<Matcher>({ name: text, value: text, isRegex: bool, isEqual: withDefault(bool, true) })),
  startsAt: text,
  endsAt: text,
  updatedAt: withDefault(text, ''),
  createdBy: withDefault(text, ''),
  comment: withDefault(text, ''),
  annotations: withDefault(table(text), {}),
  status: object<Silence['status']>({ state }),
});

export function askSilences(signal?: AbortSignal): Promise<Outcome<Silence[]>> {
  return askAlertmanager('silences', {}, list(silence), { signal });
}

export function askSilence(id: string, signal?: AbortSignal): Promise<Outcome<Silence>> {
  return askAlertmanager(`silence/${encodeURIComponent(id)}`, {}, silence, { signal });
}

/** Returns the identifier, which is a new one where a silence could not be changed in place. */
export async function saveSilence(wanted: NewSilence): Promise<Outcome<string>> {
  const saved = object<{ silenceID: string }>({ silenceID: text });
  return mapOutcome(await askAlertmanager('silences', {}, saved, { json: wanted }), ({ silenceID }) => silenceID);
}

export function expireSilence(id: string): Promise<Outcome<unknown>> {
  return askAlertmanager(`silence/${encodeURIComponent(id)}`, {}, anything, { remove: true });
}
