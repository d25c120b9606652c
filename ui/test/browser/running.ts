/** What a server would say about the queries that wait and run, the one that holds most first. */
import type { Answerer } from './answers';

export const MIB = 1_048_576;

export const runningAnswers: Record<string, Answerer> = {
  'regain/queries': (_, names) => ({
    queries: names.map((name, index) => running(String(index + 1), name, { bytesHeld: 800_000 / (index + 1) })),
    unfinished: names.slice(0, 20).map((name) => ({ query: name, since: Math.floor(Date.now() / 1000) - 3600 })),
    ...limits(2 * MIB),
  }),
  'DELETE regain/queries/*': (fields) => ({ id: fields.get('id'), query: 'alpha' }),
};

export const limits = (bytesHeld: number) => ({
  concurrencyMax: 20,
  bytesHeld,
  bytesMax: 6_400_000_000,
  bytesPerQueryMax: 1_600_000_000,
});

/** A query of a client, a rule or healing, in turn; `more` differs from the usual. */
export function running(id: string, query: string, more: object = {}) {
  const now = Date.now() / 1000;
  const turn = Number(id) % 3;
  return {
    id,
    query,
    kind: ['healing', 'range', 'rule'][turn],
    state: turn === 0 ? 'queued' : 'running',
    ...(turn === 1 ? { client: query } : {}),
    ...(turn === 2 ? { rule: { file: query, group: query, name: query } } : {}),
    start: turn === 1 ? now - 3600 : now,
    end: now,
    step: turn === 1 ? 15 : 0,
    since: now - 2,
    elapsed: 2,
    samplesHeld: 51_200,
    samplesPeak: 102_400,
    bytesHeld: 819_200,
    bytesPeak: 1_638_400,
    ...more,
  };
}
