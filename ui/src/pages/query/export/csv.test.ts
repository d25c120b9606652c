import { describe, expect, it } from 'vitest';
import { answerOf } from '../answer/answer';
import { decode } from '../answer/decode';
import { cell, graphCsv, tableCsv } from './csv';
import { fileName } from './download';

async function seriesOf(resultType: string, result: unknown) {
  const decoded = await decode(
    new TextEncoder().encode(JSON.stringify({ status: 'success', data: { resultType, result } })),
  );
  if (decoded.kind !== 'columns') throw new Error('not decoded');
  return answerOf(decoded.columns, 0).series;
}

describe('CSV', () => {
  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=HYPERLINK("http://evil")', '"\'=HYPERLINK(""http://evil"")"'],
    ['@SUM(1)', "'@SUM(1)"],
    ['-1+cmd|calc', "'-1+cmd|calc"],
    ['+Inf', '+Inf'],
    ['-0.5', '-0.5'],
    ['+1e-9', '+1e-9'],
    ['-', "'-"],
  ])('writes %j as %j', (text, expected) => {
    expect(cell(text)).toBe(expected);
  });

  it('of a table has a column for each label', async () => {
    const series = await seriesOf('vector', [
      { metric: { __name__: 'm', b: 'x,y' }, value: [0, '1.5'] },
      { metric: { a: '=1' }, value: [1.25, '+Inf'] },
    ]);
    expect(tableCsv(series)).toBe(
      '__name__,a,b,time,value\r\nm,,"x,y",1970-01-01T00:00:00.000Z,1.5\r\n,\'=1,,1970-01-01T00:00:01.250Z,+Inf\r\n',
    );
  });

  it('of a table without labels has no empty column', async () => {
    expect(tableCsv(await seriesOf('vector', [{ metric: {}, value: [0, '7'] }]))).toBe(
      'time,value\r\n1970-01-01T00:00:00.000Z,7\r\n',
    );
  });

  it('of a graph has a row for each moment, with gaps', async () => {
    const series = await seriesOf('matrix', [
      {
        metric: { a: '1' },
        values: [
          [0, '1'],
          [60, '2'],
        ],
      },
      {
        metric: { a: '2' },
        values: [
          [60, 'NaN'],
          [120, '4'],
        ],
      },
    ]);
    expect(graphCsv(series).split('\r\n')).toEqual([
      'time,"{a=""1""}","{a=""2""}"',
      '1970-01-01T00:00:00.000Z,1,',
      '1970-01-01T00:01:00.000Z,2,NaN',
      '1970-01-01T00:02:00.000Z,,4',
      '',
    ]);
  });
});

describe('the name of a file', () => {
  it.each([
    ['rate(http_requests_total{job="a/b"}[5m])', 'rate_http_requests_total_job_a_b_5m.csv'],
    ['../../etc/passwd', 'etc_passwd.csv'],
    ['', 'query.csv'],
    ['\u0000\u202E', 'query.csv'],
    ['x'.repeat(500), `${'x'.repeat(80)}.csv`],
  ])('for %j is %s', (expr, name) => {
    expect(fileName(expr, 'csv')).toBe(name);
  });
});
