import { afterEach, expect, it, vi } from 'vitest';
import { askAlertmanager } from './alertmanager';
import { pauseHealing } from './healing';
import { anything, object, text } from './shape';
import { expireSilence, saveSilence } from './silences';

afterEach(() => vi.unstubAllGlobals());

/** Answers every question with this and remembers them. */
function answering(status: number, body: string) {
  const fetched = vi.fn(async (_address: string, _init: RequestInit) => new Response(body, { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

it.each([
  [400, '"start time must be before end time"\n', 'start time must be before end time'],
  [
    422,
    '{"code":601,"message":"silenceID in path must be of type uuid: \\"x\\""}',
    'silenceID in path must be of type uuid: "x"',
  ],
  [400, '{"status":"error","errorType":"bad_data","error":"no such receiver"}', 'no such receiver'],
  [400, 'a page of another site may not change anything here', 'a page of another site may not change anything here'],
  [400, '', 'The server refuses the request with 400.'],
  [500, '"disk full"', 'The server failed with 500: disk full.'],
  [
    403,
    'changes from other hosts need a login',
    'The server refuses the request with 403: changes from other hosts need a login.',
  ],
])('%d %s is told in its own words', async (status, body, words) => {
  answering(status, body);
  expect(await askAlertmanager('alerts', {}, anything)).toMatchObject({ ok: false, failure: { what: words } });
});

it.each([404, 405, 410])('%d means that this server does not notify', async (status) => {
  answering(status, '{"status":"deprecated"}');
  expect(await askAlertmanager('alerts', {}, anything)).toMatchObject({ ok: false, failure: { kind: 'absent' } });
});

it('takes an answer without an envelope, and an empty one', async () => {
  answering(200, '{"silenceID":"x"}');
  expect(await askAlertmanager('x', {}, object({ silenceID: text }))).toMatchObject({
    ok: true,
    value: { silenceID: 'x' },
  });
  answering(200, '');
  expect(await expireSilence('x')).toMatchObject({ ok: true });
  answering(200, '{"silenceID":');
  expect(await askAlertmanager('x', {}, anything)).toMatchObject({ ok: false, failure: { kind: 'malformed' } });
});

it('changes with JSON and the methods that the server takes', async () => {
  const fetched = answering(200, '{"silenceID":"x"}');
  await saveSilence({ matchers: [], startsAt: 'a', endsAt: 'b', createdBy: 'c', comment: 'd', annotations: {} });
  const [address, init] = fetched.mock.calls[0] ?? [];
  expect([address, init?.method, init?.headers]).toEqual([
    '/api/v2/silences',
    'POST',
    { 'content-type': 'application/json' },
  ]);
  expect(JSON.parse(String(init?.body))).toMatchObject({ createdBy: 'c' });
  await expireSilence('a/b');
  expect(fetched.mock.calls[1]?.[0]).toBe('/api/v2/silence/a%2Fb');
  expect(fetched.mock.calls[1]?.[1].method).toBe('DELETE');
});

it('gives orders to the healer in the envelope of the other API', async () => {
  const fetched = answering(200, '{"status":"success","data":null}');
  const order = { scope: 'all', name: '', by: 'Ada', reason: 'x', for: null } as const;
  expect(await pauseHealing(order)).toMatchObject({ ok: true });
  const [address, init] = fetched.mock.calls[0] ?? [];
  expect([address, JSON.parse(String(init?.body))]).toEqual(['/api/v1/regain/healing/pause', order]);
});
