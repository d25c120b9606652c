import { describe, expect, it } from 'vitest';
import type { Explained, ExplainedNode, NodeFigures } from '../../../api/explain';
import { rowsOf, target } from './rows';

const figures = (change: Partial<NodeFigures>): NodeFigures => ({
  evaluations: 1,
  steps: 1,
  totalSeconds: 0,
  ownSeconds: 0,
  samplesRead: 0,
  samplesHeld: 0,
  series: 1,
  groups: undefined,
  scan: undefined,
  matching: undefined,
  ...change,
});

const node = (change: Partial<ExplainedNode>): ExplainedNode => ({
  parent: undefined,
  start: 0,
  end: 0,
  kind: 'call',
  label: '',
  constant: false,
  evaluation: 'measured',
  partOf: undefined,
  sharedWith: undefined,
  figures: undefined,
  empty: undefined,
  ...change,
});

const scan = (parts: number, partsUndecoded: number, workers = 1) => ({
  seriesSelected: 2,
  seriesOut: 2,
  parts,
  partsUndecoded,
  workers,
});

const EXPR = '"é😀" + sum(up) / (count(x @ 1))';

const EXPLAINED: Explained = {
  resultType: 'vector',
  series: 1,
  whyEmpty: undefined,
  nodes: [
    node({ end: 36, figures: figures({ ownSeconds: 1, totalSeconds: 4 }) }),
    node({ parent: 0, end: 8, evaluation: 'settled' }),
    node({
      parent: 0,
      start: 11,
      end: 18,
      figures: figures({ ownSeconds: 3, samplesRead: 30, scan: scan(1, 0, 2) }),
    }),
    node({ parent: 2, start: 15, end: 17, evaluation: 'part', partOf: 2 }),
    node({
      parent: 0,
      start: 22,
      end: 34,
      constant: true,
      figures: figures({ samplesRead: 10, scan: scan(2, 2) }),
      empty: { reason: 'stale', text: 'It has ended.' },
    }),
  ],
};

describe('the rows of an explanation', () => {
  const rows = rowsOf(EXPLAINED, EXPR);

  it('are as deep as their nodes', () => {
    expect(rows.map(({ depth }) => depth)).toEqual([0, 1, 1, 2, 1]);
  });

  it('know their text, whatever stands before it', () => {
    expect(rows.map(({ from, to }) => EXPR.slice(from, to))).toEqual([EXPR, '"é😀"', 'sum(up)', 'up', 'count(x @ 1)']);
  });

  it('have their share of the time and of the samples', () => {
    expect(rows.map(({ time }) => time)).toEqual([0.25, undefined, 0.75, undefined, 0]);
    expect(rows.map(({ samples }) => samples)).toEqual([0, undefined, 0.75, undefined, 0.25]);
  });

  it('say what is special', () => {
    expect(rows.map(({ badges }) => badges.map(({ text }) => text))).toEqual([
      [],
      [],
      ['one scan', '2 threads'],
      [],
      ['once', 'no decoding', 'empty'],
    ]);
  });

  it.each([
    [0, 'ArrowUp', 0],
    [0, 'ArrowDown', 1],
    [4, 'ArrowDown', 4],
    [3, 'Home', 0],
    [0, 'End', 4],
    [3, 'ArrowLeft', 2],
    [0, 'ArrowLeft', 0],
    [2, 'ArrowRight', 3],
    [3, 'ArrowRight', 3],
    [1, 'Tab', undefined],
  ])('are moved through: from %i with %s to %j', (from, key, to) => {
    expect(target(rows, from, key)).toBe(to);
  });

  it('divide nothing by nothing', () => {
    const [only] = rowsOf({ ...EXPLAINED, nodes: [node({ figures: figures({}) })] }, '1');
    expect([only?.time, only?.samples]).toEqual([0, 0]);
  });
});
