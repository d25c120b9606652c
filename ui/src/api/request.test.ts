import { afterEach, describe, expect, it, vi } from 'vitest';
import { connection, type Standing } from '../state/connection';
import { BODY_LIMIT_MB, readBody, TooLarge } from './body';
import type { FailureKind } from './failure';
import { askInstant, askRange, askVector } from './query';
import { ask } from './request';
import { list, text } from './shape';
import { askLabelValues } from './status';

afterEach(() => {
  vi.unstubAllGlobals();
  connection.value = { standing: 'up', since: 0 };
});

function answer(body: string, status = 200): ReturnType<typeof vi.fn> {
  const fetch = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

const vectorOf = (result: string) =>
  `{"status":"success","data":{"resultType":"vector","result":${result}},"warnings":["careful"]}`;

describe('an answer', () => {
  it('becomes numbers, with the remarks of the server', async () => {
    answer(vectorOf('[{"metric":{"__proto__":"a","job":"b"},"value":[1.5,"+Inf"]}]'));
    const outcome = await askVector('up');
    expect(outcome).toMatchObject({ ok: true, warnings: ['careful'], infos: [] });
    const [sample] = outcome.ok ? outcome.value : [];
    expect(sample?.value).toBe(Infinity);
    expect(Object.entries(sample?.metric ?? {})).toEqual([
      ['__proto__', 'a'],
      ['job', 'b'],
    ]);
  });

  it('becomes columns where it is a range', async () => {
    answer(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"NaN"],[3,"-Inf"]]}]}}',
    );
    const outcome = await askRange({ expr: 'up', start: 1, end: 3, step: 1 });
    const [series] = outcome.ok ? outcome.value : [];
    expect([...(series?.times ?? [])]).toEqual([1, 2, 3]);
    expect([...(series?.values ?? [])]).toEqual([2, Number.NaN, -Infinity]);
  });

  it('may be a scalar or a text', async () => {
    answer('{"status":"success","data":{"resultType":"scalar","result":[7,"0.5"]}}');
    expect(await askInstant({ expr: '1/2' })).toMatchObject({ value: { type: 'scalar', time: 7, value: 0.5 } });
    answer('{"status":"success","data":{"resultType":"string","result":[7,"<b>"]}}');
    expect(await askInstant({ expr: '"<b>"' })).toMatchObject({ value: { type: 'string', text: '<b>' } });
  });
});

describe('a failure is a value', () => {
  it.each<[string, number, string, FailureKind, string]>([
    [
      'a wrong query',
      400,
      '{"status":"error","errorType":"bad_data","error":"1:3: parse error"}',
      'query',
      '1:3: parse error',
    ],
    [
      'a failed evaluation',
      422,
      '{"status":"error","errorType":"execution","error":"many-to-many"}',
      'query',
      'many-to-many',
    ],
    ['an internal error', 500, '{"status":"error","errorType":"internal","error":"disk"}', 'server', 'disk'],
    ['a page of HTML', 500, '<html>oops</html>', 'server', 'failed with 500.'],
    ['a server that starts', 503, 'Service Unavailable', 'starting', 'Service Unavailable'],
    ['a proxy without a server', 502, '<html>Bad Gateway</html>', 'unreachable', 'proxy'],
    ['no right to ask', 401, 'Unauthorized\n', 'forbidden', '401: Unauthorized'],
    ['an endpoint that is not there', 404, '404 page not found\n', 'absent', 'does not offer'],
    ['half a JSON', 200, '{"status":"success","data":{"resultType":"v', 'malformed', 'no complete JSON'],
    ['a login page', 200, '<html></html>', 'malformed', 'no complete JSON'],
    ['another shape', 200, vectorOf('{"a":1}'), 'malformed', 'data.result is not a list'],
    [
      'a value that is no text',
      200,
      vectorOf('[{"metric":{},"value":[1,2]}]'),
      'malformed',
      'data.result[0].value[1] is not a text',
    ],
    [
      'a matrix for a vector',
      200,
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      'malformed',
      'matrix and not vector',
    ],
    ['nothing', 200, 'null', 'malformed', 'not an object'],
  ])('%s', async (_, status, body, kind, words) => {
    answer(body, status);
    const outcome = await askVector('up');
    expect(outcome.ok).toBe(false);
    if (outcome.ok) return;
    expect(outcome.failure.kind).toBe(kind);
    expect(outcome.failure.what).toContain(words);
    expect(outcome.failure.advice).toMatch(/^[A-Z].*[.;]$|^[A-Z].*lasts\.$/);
  });

  it('no answer within the patience', async () => {
    vi.stubGlobal(
      'fetch',
      (_: string, { signal }: RequestInit) =>
        new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const outcome = await ask('query', {}, list(text), { patienceS: 0.01 });
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'timeout' } });
    expect(connection.value.standing).toBe('up');
  });

  it('a question that is withdrawn', async () => {
    vi.stubGlobal(
      'fetch',
      (_: string, { signal }: RequestInit) =>
        new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const wanted = new AbortController();
    const outcome = ask('query', {}, list(text), { signal: wanted.signal });
    wanted.abort();
    expect(await outcome).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    expect(connection.value.standing).toBe('up');
  });

  it('a server that is away', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await askVector('up')).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    expect(connection.value.standing).toBe('unreachable');
  });
});

it.each<[string, string, Standing]>([
  ['a query that took too long', '{"status":"error","errorType":"timeout","error":"query timed out"}', 'up'],
  ['a server that is not ready', 'Service Unavailable', 'starting'],
])('503 from %s', async (_, body, standing) => {
  answer(body, 503);
  await askVector('up');
  expect(connection.value.standing).toBe(standing);
});

it('an answer beyond the limit is not read on', async () => {
  expect(BODY_LIMIT_MB).toBe(96);
  const chunk = new Uint8Array(10);
  let sent = 0;
  const stream = () =>
    new ReadableStream({ pull: (to) => (sent < 40 ? (to.enqueue(chunk), void (sent += 10)) : to.close()) });
  expect((await readBody(new Response(stream()), 40)).length).toBe(40);
  sent = 0;
  await expect(readBody(new Response(stream()), 39)).rejects.toBeInstanceOf(TooLarge);
});

it.each([
  ['job', 'label/job/values'],
  ['k8s.pod', 'label/U__k8s_2e_pod/values'],
  ['a/b_c', 'label/U__a_2f_b__c/values'],
  ['U__x', 'label/U__U____x/values'],
])('the label %s is asked for at %s', async (label, path) => {
  const fetch = answer('{"status":"success","data":[]}');
  await askLabelValues(label);
  expect(fetch.mock.calls[0]?.[0]).toBe(`/api/v1/${path}`);
});
