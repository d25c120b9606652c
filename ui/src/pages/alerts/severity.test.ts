import { afterEach, expect, it } from 'vitest';
import type { RaisedAlert } from '../../api/rules';
import { zone } from '../../state/zone';
import { bySeverity, dayStart, worstFirst } from './severity';

afterEach(() => {
  zone.value = 'local';
});

function alert(severity: string | undefined, minute = 0): RaisedAlert {
  const labels: RaisedAlert['labels'] = severity === undefined ? {} : { severity };
  const activeAt = minute * 60_000;
  return { labels, annotations: {}, state: 'firing', activeAt, keepFiringSince: undefined, value: '1' };
}

it('counts by severity, the worst first', () => {
  const alerts = ['info', 'Critical', 'odd', undefined, 'info'].map((one) => alert(one));
  expect(bySeverity(alerts)).toEqual([
    { severity: 'Critical', count: 1 },
    { severity: 'info', count: 2 },
    { severity: 'odd', count: 1 },
    { severity: 'without severity', count: 1 },
  ]);
});

it('tells many severities together', () => {
  const alerts = ['a', 'b', 'c', 'd', 'e', 'f'].map((one) => alert(one));
  expect(bySeverity(alerts).at(-1)).toEqual({ severity: 'others', count: 2 });
});

it('puts the worst first, and what fires longest of those that are equally bad', () => {
  const alerts = [alert('odd', 9), alert(undefined, 1), alert('low', 0), alert('critical', 8), alert('page', 2)];
  expect(worstFirst(alerts).map(({ labels }) => labels.severity)).toEqual([
    'critical',
    'page',
    'low',
    undefined,
    'odd',
  ]);
});

it('knows when today began', () => {
  zone.value = 'utc';
  expect(new Date(dayStart(Date.parse('2026-11-27T14:03:09Z'))).toISOString()).toBe('2026-11-27T00:00:00.000Z');
  zone.value = 'local';
  expect(new Date(dayStart(Date.parse('2026-11-27T14:03:09Z'))).getHours()).toBe(0);
});
