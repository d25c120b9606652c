import { describe, expect, it } from 'vitest';
import { answerOf } from './answer';
import { decimalAt, decimalEnd } from './decimal';
import { decode, SERIES_KEPT_MAX } from './decode';
import { HOSTILE } from '../../../../test/fixtures/hostile';

const bytes = (text: string) => new TextEncoder().encode(text);

async function answered(body: unknown) {
  const decoded = await decode(bytes(typeof body === 'string' ? body : JSON.stringify(body)));
  if (decoded.kind !== 'columns') throw new Error(JSON.stringify(decoded));
  return { ...decoded, answer: answerOf(decoded.columns, 1) };
}

const data = (resultType: string, result: unknown, more: object = {}) => ({
  status: 'success',
  data: { resultType, result, ...more },
});

describe('an answer in columns', () => {
  it('has the points of a range query', async () => {
    const values = [
      [10, '1'],
      [25, 'NaN'],
      [40.5, '+Inf'],
      [55, '-1.5e-7'],
    ];
    const { answer } = await answered(
      data('matrix', [
        { metric: { __name__: 'm', a: 'x' }, values },
        { metric: { __name__: 'm', a: 'y' }, values: values.slice(1) },
      ]),
    );
    expect(answer.series.map(({ name }) => name)).toEqual(['m{a="x"}', 'm{a="y"}']);
    expect([...(answer.series[0]?.times ?? [])]).toEqual([10, 25, 40.5, 55]);
    expect([...(answer.series[0]?.values ?? [])]).toEqual([1, Number.NaN, Infinity, -1.5e-7]);
    expect([...(answer.series[1]?.times ?? [])]).toEqual([25, 40.5, 55]);
    expect(answer).toMatchObject({ type: 'matrix', total: 2, points: 7, shared: { __name__: 'm' } });
    expect(answer.series[1]?.short).toBe('{a="y"}');
  });

  it('shares times that are the same', async () => {
    const values = [
      [1, '1'],
      [2, '2'],
    ];
    const { answer, columns } = await answered(
      data(
        'matrix',
        ['x', 'y', 'z'].map((a) => ({ metric: { a }, values })),
      ),
    );
    expect(columns.times).toHaveLength(2);
    expect(answer.series[2]?.times).toBe(answer.series[0]?.times);
  });

  it('has the samples of an instant query, remarks and statistics', async () => {
    const body = {
      ...data('vector', [{ metric: {}, value: [5, '2'] }], {
        stats: { timings: { evalTotalTime: 0.25 }, samples: { totalQueryableSamples: 7 } },
      }),
      warnings: ['w'],
      infos: ['i'],
    };
    const { answer, warnings, infos } = await answered(body);
    expect(answer.series.map(({ name, values }) => [name, values[0]])).toEqual([['{}', 2]]);
    expect(answer.stats).toEqual({ samples: 7, evalS: 0.25 });
    expect([warnings, infos]).toEqual([['w'], ['i']]);
  });

  it('has scalars, texts and native histograms', async () => {
    expect((await answered(data('scalar', [5, '42']))).answer.series[0]?.values[0]).toBe(42);
    expect((await answered(data('string', [5, 'a "b"\n']))).answer.text).toBe('a "b"\n');
    const histogram = { count: '3', sum: '1.5', buckets: [[0, '1', '2', '3']] };
    const { answer } = await answered(
      data('vector', [
        { metric: { a: 'x' }, histogram: [5, histogram] },
        { metric: { a: 'y' }, value: [5, '1'] },
      ]),
    );
    expect(answer.series[0]?.histograms).toEqual([[5, histogram]]);
    expect(answer.series[1]?.values[0]).toBe(1);
  });

  it('reads JSON however it is spaced and ordered', async () => {
    const { answer } = await answered(
      ' { "data" : { "x" : [ { "y" : "}]" } ] , "resultType" : "matrix" , "result" : [ { "values" : [ [ 1 , "2" ] ,\n[ 3, "4" ] ] , "metric" : { "a" : "]}\\"" } } ] } , "status" : "success" } ',
    );
    expect(answer.series.map(({ labels, values }) => [labels.a, [...values]])).toEqual([[']}"', [2, 4]]]);
    expect((await answered(data('vector', null))).answer.series).toEqual([]);
    expect((await answered(data('matrix', []))).answer.total).toBe(0);
  });

  it('keeps hostile names as they are', async () => {
    const names = HOSTILE.filter((name) => name.isWellFormed());
    const { answer } = await answered(
      data(
        'vector',
        names.map((name) => ({ metric: { [name]: name, __proto__x: name }, value: [1, '1'] })),
      ),
    );
    expect(answer.series.map(({ labels }) => labels.__proto__x)).toEqual(names);
    expect(
      (
        await answered(
          '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__proto__":"p"},"value":[1,"1"]}]}}',
        )
      ).answer.series[0]?.name,
    ).toBe('{__proto__="p"}');
  });

  it('keeps so many series and counts the rest', async () => {
    const one = '{"metric":{},"value":[1,"1"]}';
    const { answer } = await answered(
      `{"status":"success","data":{"resultType":"vector","result":[${Array.from({ length: SERIES_KEPT_MAX + 3 })
        .fill(one)
        .join(',')}]}}`,
    );
    expect([answer.series.length, answer.total]).toEqual([SERIES_KEPT_MAX, SERIES_KEPT_MAX + 3]);
  });

  it('tells what the server refuses', async () => {
    expect(await decode(bytes('{"status":"error","errorType":"bad_data","error":"no"}'))).toEqual({
      kind: 'refused',
      errorType: 'bad_data',
      error: 'no',
    });
  });

  it('tells what is broken, at every place where an answer can break off', async () => {
    const whole = JSON.stringify({
      ...data(
        'matrix',
        [
          {
            metric: { a: '\u00e9"' },
            values: [
              [1, '2'],
              [3, '4'],
            ],
          },
        ],
        { stats: {} },
      ),
      warnings: ['w'],
    });
    const all = bytes(whole);
    for (let length = 0; length < all.length; length++) {
      // One length after another.
      // oxlint-disable-next-line no-await-in-loop
      expect((await decode(all.subarray(0, length))).kind, whole.slice(0, length)).toBe('broken');
    }
    expect(await decode(bytes('<html>'))).toEqual({ kind: 'broken', where: 'it makes no sense at byte 0' });
    expect(await decode(bytes('{"status":"success","data":{"resultType":"vec'))).toEqual({
      kind: 'broken',
      where: 'it ends in the middle, after 45 bytes',
    });
    expect((await decode(bytes('[]'))).kind).toBe('broken');
    expect(
      (await decode(bytes('{"status":"success","data":{"resultType":"vector","result":{"no":"list"}}}'))).kind,
    ).toBe('broken');
  });
});

describe('a decimal in bytes', () => {
  const read = (text: string) => {
    const value = decimalAt(bytes(`"${text}"`), 1);
    expect(decimalEnd).toBe(1 + text.length);
    return value;
  };

  it.each([
    '0',
    '-0',
    '1',
    '-12.5',
    '+3',
    'NaN',
    '1e5',
    '-1.5E-7',
    '0.1',
    '0.30000000000000004',
    '9007199254740993',
    '9007199254740991',
    '1795732960.986',
    '18446744073709551615',
    '123456789012345678901234567890',
    '5e-324',
    '1.7976931348623157e+308',
    '0.0000000000000000000001',
    '000012',
    '.5',
    '5.',
  ])('%s', (text) => {
    expect(read(text)).toBe(Number(text));
  });

  it('is rounded as Number rounds it', () => {
    // A generator with a seed, so that a failure can be repeated.
    let state = 42;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    for (let round = 0; round < 50_000; round++) {
      const digits = Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 10)).join('');
      const point = Math.floor(random() * (digits.length + 1));
      const text = `${random() < 0.5 ? '-' : ''}${digits.slice(0, point) || '0'}${point < digits.length ? `.${digits.slice(point)}` : ''}`;
      if (!Object.is(read(text), Number(text))) expect.fail(`${text} is read as ${read(text)}`);
    }
  });
});
