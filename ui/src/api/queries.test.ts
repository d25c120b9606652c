import { afterEach, expect, it, vi } from 'vitest';
import { askQueries, endQuery } from './queries';

afterEach(() => vi.unstubAllGlobals());

/** Answers every question with this and remembers them. */
function answering(status: number, answer: unknown) {
  const fetched = vi.fn(
    async (_address: string, _init: RequestInit) => new Response(JSON.stringify(answer), { status }),
  );
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

const measures = { start: 10, end: 70, step: 15, since: 71.5, elapsed: 0.8 };
const held = { samplesHeld: 1, samplesPeak: 2, bytesHeld: 32, bytesPeak: 64 };
const limits = { concurrencyMax: 20, bytesHeld: 64, bytesMax: 1000, bytesPerQueryMax: 500 };

it('reads the queries of clients, of rules and of the server itself', async () => {
  const rule = { file: 'a.yml', group: 'g', name: 'Down' };
  const queries = [
    { id: '17', query: 'up', kind: 'range', state: 'running', client: '10.0.0.7', ...measures, ...held },
    { id: '18', query: 'up', kind: 'rule', state: 'queued', rule, ...measures, ...held },
    { id: '19', query: 'up', kind: 'healing', state: 'queued', ...measures, ...held },
  ];
  const data = { queries, unfinished: [{ query: 'up', since: 5 }], ...limits };
  answering(200, { status: 'success', data });
  const outcome = await askQueries();
  if (!outcome.ok) throw new Error(outcome.failure.what);
  expect(outcome.value.queries.map(({ client, rule: of }) => client ?? of?.name)).toEqual([
    '10.0.0.7',
    'Down',
    undefined,
  ]);
  expect(outcome.value).toMatchObject(data);
});

it('tells of an answer without the measures', async () => {
  const queries = [{ id: '17', query: 'up', kind: 'range', state: 'running', ...measures }];
  answering(200, { status: 'success', data: { queries, unfinished: [], ...limits } });
  expect(await askQueries()).toMatchObject({
    ok: false,
    failure: { kind: 'malformed', what: expect.stringContaining('data.queries[0].samplesHeld is not a number') },
  });
});

it('ends a query, and says what the server has against it', async () => {
  const fetched = answering(200, { status: 'success', data: { id: '17', query: 'up' } });
  expect(await endQuery('17/x')).toMatchObject({ ok: true });
  const [address, init] = fetched.mock.calls[0] ?? [];
  expect([address, init?.method]).toEqual(['/api/v1/regain/queries/17%2Fx', 'DELETE']);
  answering(404, { status: 'error', errorType: 'not_found', error: 'no query 17 waits or runs' });
  expect(await endQuery('17')).toMatchObject({ ok: false, failure: { what: 'no query 17 waits or runs' } });
});
