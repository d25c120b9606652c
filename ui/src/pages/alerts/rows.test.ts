import { expect, it } from 'vitest';
import type { AlertingRule, RaisedAlert, RecordingRule, RuleGroup } from '../../api/rules';
import { filterOf, type StateFilter } from './filter';
import { countsOf, type Row, rowsOf } from './rows';

const evaluated = {
  query: 'up == 0',
  labels: {},
  health: 'ok',
  lastError: '',
  evaluationTime: 0,
  lastEvaluation: '',
} as const;

function alert(instance: string, state: RaisedAlert['state'], minute: number, summary = ''): RaisedAlert {
  const activeAt = minute * 60_000;
  return { labels: { instance }, annotations: { summary }, state, activeAt, keepFiringSince: undefined, value: '0' };
}

function rule(name: string, ...alerts: RaisedAlert[]): AlertingRule {
  const state = alerts.some((one) => one.state === 'firing') ? 'firing' : alerts.length > 0 ? 'pending' : 'inactive';
  return { ...evaluated, type: 'alerting', name, state, duration: 0, keepFiringFor: 0, annotations: {}, alerts };
}

const recording: RecordingRule = {
  ...evaluated,
  type: 'recording',
  name: 'job:up:sum',
  health: 'err',
  lastError: 'no',
};

function group(name: string, ...rules: RuleGroup['rules']): RuleGroup {
  return { name, file: 'a.yml', rules, interval: 15, limit: 0, evaluationTime: 0, lastEvaluation: '' };
}

const GROUPS = [
  group('quiet', rule('Asleep'), rule('Asleep')),
  group('loud', rule('Down', alert('b', 'pending', 1), alert('c', 'firing', 9), alert('a', 'firing', 5, 'broken'))),
  group('records', recording),
];

function view(search = '', state: StateFilter = 'all', chosen = new Map<string, boolean>()) {
  return { filter: { search, state }, withAlerts: true, chosen };
}

function told(row: Row): string {
  if (row.kind === 'group') return `# ${row.group.name}`;
  return row.kind === 'rule' ? row.rule.name : `- ${row.alert.labels.instance}`;
}

it('puts groups that need attention first, and below a rule what fires longest', () => {
  const { rows, shown, all } = rowsOf(GROUPS, view());
  expect(rows.map(told)).toEqual([
    '# loud',
    'Down',
    '- a',
    '- c',
    '- b',
    '# records',
    'job:up:sum',
    '# quiet',
    'Asleep',
    'Asleep',
  ]);
  expect([shown, all]).toEqual([all, { rules: 4, alerts: 3 }]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
});

it('keeps the order of the file where alerts are not shown', () => {
  const { rows } = rowsOf(GROUPS, { ...view(), withAlerts: false });
  expect(rows.map(told)).toEqual(['# quiet', 'Asleep', 'Asleep', '# loud', 'Down', '# records', 'job:up:sum']);
});

it.each([
  ['down broken', 'all', ['# loud', 'Down', '- a']],
  ['down', 'pending', ['# loud', 'Down', '- b']],
  ['', 'firing', ['# loud', 'Down', '- a', '- c']],
  ['', 'inactive', ['# quiet', 'Asleep', 'Asleep']],
  ['', 'failing', ['# records', 'job:up:sum']],
  ['instance="c"', 'all', ['# loud', 'Down', '- c']],
  ['quiet asleep', 'all', ['# quiet', 'Asleep', 'Asleep']],
  ['down nowhere', 'all', []],
] as const)('“%s” in state %s finds %j', (search, state, wanted) => {
  expect(rowsOf(GROUPS, view(search, state)).rows.map(told)).toEqual(wanted);
});

it('closes what the reader closes, by keys that stay', () => {
  const [loud, down] = rowsOf(GROUPS, view()).rows;
  const closed = (row: Row | undefined) => new Map([[row?.key ?? '', false]]);
  expect(rowsOf(structuredClone(GROUPS), view('down', 'all', closed(loud))).rows.map(told)).toEqual(['# loud']);
  expect(rowsOf(structuredClone(GROUPS), view('down', 'all', closed(down))).rows.map(told)).toEqual(['# loud', 'Down']);
});

it('counts rules by each of their states', () => {
  expect(countsOf(GROUPS)).toEqual({ firing: 1, pending: 1, inactive: 2, failing: 1 });
});

it('reads the state from the address as Prometheus writes it', () => {
  const of = (text: string) => filterOf(new URLSearchParams(text));
  expect(of('state=firing&search=a+b')).toEqual({ state: 'firing', search: 'a b' });
  expect(of('state=firing&state=pending').state).toBe('all');
  expect(of('state=%3Cimg%3E').state).toBe('all');
});
