import { describe, expect, it } from 'vitest';
import { decodePanels, encodePanels, formatUtc, PANELS_MAX, parseUtc } from './address';
import { DEFAULT_PANEL, type Panel, stepOf } from './panel';

const decode = (search: string) => decodePanels(new URLSearchParams(search));

describe('panels in the address', () => {
  it.each<[string, string, Partial<Panel>]>([
    ['a link of an alert', 'g0.expr=up+%3D%3D+0&g0.tab=1', { expr: 'up == 0', tab: 'table' }],
    [
      'a graph of Prometheus 2',
      'g0.expr=up&g0.tab=0&g0.stacked=1&g0.range_input=6h&g0.step_input=60',
      { expr: 'up', tab: 'graph', mode: 'stacked', rangeS: 21_600, resolution: { type: 'custom', stepS: 60 } },
    ],
    [
      'a graph of Prometheus 3',
      'g0.expr=up&g0.show_tree=0&g0.tab=graph&g0.end_input=2026-11-26+14%3A03%3A09&g0.moment_input=2026-11-26+14%3A03%3A09&g0.range_input=1h30m&g0.res_type=fixed&g0.res_step=15&g0.display_mode=lines&g0.show_exemplars=0',
      {
        expr: 'up',
        tab: 'graph',
        endS: Date.UTC(2026, 10, 26, 14, 3, 9) / 1000,
        rangeS: 5400,
        resolution: { type: 'fixed', stepS: 15 },
      },
    ],
    [
      'a fine resolution',
      'g0.expr=up&g0.res_type=auto&g0.res_density=high',
      { expr: 'up', resolution: { type: 'auto', density: 'high' } },
    ],
    [
      'a graph with exemplars',
      'g0.expr=up&g0.tab=graph&g0.show_exemplars=1',
      { expr: 'up', tab: 'graph', hasExemplars: true },
    ],
    ['an explanation', 'g0.expr=up&g0.tab=explain', { expr: 'up', tab: 'explain' }],
    ['a tab that is not here', 'g0.expr=up&g0.tab=tree', { expr: 'up' }],
    [
      'nonsense',
      'g0.expr=up&g0.tab=%00&g0.range_input=soon&g0.end_input=never&g0.res_type=fixed&g0.res_step=-3&g0.step_input=x&g0.display_mode=<b>',
      { expr: 'up' },
    ],
    ['no range', 'g0.expr=up&g0.range_input=0s', { expr: 'up' }],
  ])('reads %s', (_, search, expected) => {
    expect(decode(search)).toEqual([{ ...DEFAULT_PANEL, ...expected }]);
  });

  it('reads panels up to the first that is missing, and no more than there is room for', () => {
    expect(decode('g0.expr=a&g1.expr=b&g3.expr=d').map(({ expr }) => expr)).toEqual(['a', 'b']);
    expect(decode('')).toEqual([]);
    expect(decode(Array.from({ length: PANELS_MAX + 5 }, (__, index) => `g${index}.expr=x`).join('&'))).toHaveLength(
      PANELS_MAX,
    );
  });

  it.each<Partial<Panel>>([
    {},
    { tab: 'explain' },
    { tab: 'graph', rangeS: 90.5, mode: 'stacked', hasExemplars: true, isCollapsed: true },
    { endS: 1_795_700_000.25, resolution: { type: 'custom', stepS: 0.5 } },
    { resolution: { type: 'fixed', stepS: 300 } },
    { resolution: { type: 'auto', density: 'low' } },
    { expr: 'a{b="\u202E<img src=x>\\"\n&g1.expr=x"}' },
  ])('come back as they were: %j', (change) => {
    const panels = [{ ...DEFAULT_PANEL, expr: 'up', ...change }, DEFAULT_PANEL];
    expect(decodePanels(encodePanels(panels))).toEqual(panels);
  });

  it('are written as Prometheus reads them', () => {
    const panel: Panel = {
      ...DEFAULT_PANEL,
      expr: 'up',
      tab: 'graph',
      rangeS: 5400,
      endS: Date.UTC(2026, 10, 26, 14, 3, 9) / 1000,
      resolution: { type: 'fixed', stepS: 15 },
    };
    expect(Object.fromEntries(encodePanels([panel]))).toEqual({
      'g0.expr': 'up',
      'g0.tab': 'graph',
      'g0.range_input': '1h30m',
      'g0.end_input': '2026-11-26 14:03:09',
      'g0.moment_input': '2026-11-26 14:03:09',
      'g0.res_type': 'fixed',
      'g0.res_step': '15',
      'g0.step_input': '15',
    });
  });
});

describe('moments in the address', () => {
  it.each([
    ['2026-11-26 14:03:09', Date.UTC(2026, 10, 26, 14, 3, 9) / 1000],
    ['2026-11-26 14:03', Date.UTC(2026, 10, 26, 14, 3) / 1000],
    ['2026-11-26T14:03:09.250Z', Date.UTC(2026, 10, 26, 14, 3, 9, 250) / 1000],
    ['2026-13-45 99:99', undefined],
    ['14:03', undefined],
  ])('%s', (text, seconds) => {
    expect(parseUtc(text)).toBe(seconds);
    if (seconds !== undefined) expect(parseUtc(formatUtc(seconds))).toBe(seconds);
  });
});

describe('the step of a graph', () => {
  it.each<[Partial<Panel>, number]>([
    [{ rangeS: 3600 }, 14],
    [{ rangeS: 3600, resolution: { type: 'auto', density: 'high' } }, 4],
    [{ rangeS: 60 }, 1],
    [{ rangeS: 0.5 }, 1],
    [{ rangeS: 3600, resolution: { type: 'custom', stepS: 0.5 } }, 0.5],
    // The server takes no more than 11,000 points.
    [{ rangeS: 31_536_000, resolution: { type: 'fixed', stepS: 1 } }, 2866.91],
  ])('of %j is %s s', (panel, step) => {
    expect(stepOf({ ...DEFAULT_PANEL, ...panel })).toBeCloseTo(step, 2);
    expect({ ...DEFAULT_PANEL, ...panel }.rangeS / stepOf({ ...DEFAULT_PANEL, ...panel })).toBeLessThanOrEqual(11_000);
  });
});
