/**
 * Panels in the address, with the names that Prometheus' page gives them: `g0.expr=…&g0.tab=graph&g0.range_input=1h`. Links from there,
 * from alerts and from years ago work here, and those from here work there.
 */
import { formatDuration, parseDuration } from '../../format/duration';
import { DEFAULT_PANEL, type Density, type Mode, type Panel, type Resolution, type Tab } from './panel';

/** More panels than this are not shown, whatever the address says. */
export const PANELS_MAX = 50;

export function decodePanels(search: URLSearchParams): Panel[] {
  const panels: Panel[] = [];
  for (let index = 0; index < PANELS_MAX && search.has(`g${index}.expr`); index++)
    panels.push(decodePanel(search, `g${index}.`));
  return panels;
}

function decodePanel(search: URLSearchParams, prefix: string): Panel {
  const get = (name: string) => search.get(prefix + name);
  const range = parseDuration(get('range_input') ?? '');
  return {
    expr: get('expr') ?? '',
    tab: tabOf(get('tab')),
    rangeS: range === undefined || range <= 0 ? DEFAULT_PANEL.rangeS : range,
    endS: parseUtc(get('end_input') ?? '') ?? parseUtc(get('moment_input') ?? ''),
    resolution: resolutionOf(get('res_type'), get('res_density'), Number(get('res_step')), Number(get('step_input'))),
    mode: modeOf(get('display_mode'), get('stacked')),
    hasExemplars: get('show_exemplars') === '1',
    isCollapsed: get('collapsed') === '1',
  };
}

/** Numbers are what Prometheus before 3 wrote. A tab that is not here is the table. */
function tabOf(text: string | null): Tab {
  if (text === 'explain') return text;
  return text === 'graph' || text === '0' ? 'graph' : 'table';
}

function modeOf(mode: string | null, stacked: string | null): Mode {
  return (mode ?? (stacked === '1' ? 'stacked' : 'lines')) === 'stacked' ? 'stacked' : 'lines';
}

function resolutionOf(type: string | null, density: string | null, step: number, stepBefore3: number): Resolution {
  if ((type === 'fixed' || type === 'custom') && step > 0) return { type, stepS: step };
  if (type === 'auto') return { type, density: isDensity(density) ? density : 'medium' };
  return stepBefore3 > 0 ? { type: 'custom', stepS: stepBefore3 } : DEFAULT_PANEL.resolution;
}

function isDensity(text: string | null): text is Density {
  return text === 'low' || text === 'medium' || text === 'high';
}

/** What differs from a new panel; the expression and the tab always. */
export function encodePanels(panels: readonly Panel[]): URLSearchParams {
  const search = new URLSearchParams();
  for (const [index, panel] of panels.entries()) {
    for (const [name, value] of Object.entries(fieldsOf(panel)))
      if (value !== undefined) search.set(`g${index}.${name}`, value);
  }
  return search;
}

function fieldsOf(panel: Panel): Record<string, string | undefined> {
  const { resolution, endS } = panel;
  const end = endS === undefined ? undefined : formatUtc(endS);
  return {
    expr: panel.expr,
    tab: panel.tab,
    range_input: panel.rangeS === DEFAULT_PANEL.rangeS ? undefined : formatDuration(panel.rangeS),
    end_input: end,
    moment_input: end,
    ...resolutionFields(resolution),
    display_mode: panel.mode === 'lines' ? undefined : panel.mode,
    show_exemplars: panel.hasExemplars ? '1' : undefined,
    collapsed: panel.isCollapsed ? '1' : undefined,
  };
}

function resolutionFields(resolution: Resolution): Record<string, string> {
  if (resolution.type !== 'auto')
    return { res_type: resolution.type, res_step: String(resolution.stepS), ...oldStep(resolution.stepS) };
  return resolution.density === 'medium' ? {} : { res_type: 'auto', res_density: resolution.density };
}

/** Prometheus before 3 knows no other name for the step, and only whole seconds. */
function oldStep(stepS: number): Record<string, string> {
  return Number.isInteger(stepS) ? { step_input: String(stepS) } : {};
}

const UTC = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?$/;

/** The seconds of `2026-11-26 14:03:09` in UTC. */
export function parseUtc(text: string): number | undefined {
  const found = UTC.exec(text);
  if (found === null) return undefined;
  const ms = Date.parse(`${found[1]}T${found[2]}Z`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

/** The reverse of `parseUtc`, to the millisecond where it matters. */
export function formatUtc(seconds: number): string {
  return new Date(Math.round(seconds * 1000))
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');
}
