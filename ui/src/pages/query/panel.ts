/** What a panel of the query page is set to. */

export type Tab = 'table' | 'graph' | 'explain';
export type Mode = 'lines' | 'stacked';
export type Density = 'low' | 'medium' | 'high';

/** The distance between the points of a graph: fitting the range, or a number of seconds from the list or typed in. */
export type Resolution = { type: 'auto'; density: Density } | { type: 'fixed' | 'custom'; stepS: number };

export interface Panel {
  expr: string;
  tab: Tab;
  /** In seconds. */
  rangeS: number;
  /** When a graph ends and a table is evaluated, in seconds since 1970; now where it is missing. */
  endS: number | undefined;
  resolution: Resolution;
  mode: Mode;
  /** Exemplars are marked in the graph. */
  hasExemplars: boolean;
  isCollapsed: boolean;
}

export const DEFAULT_PANEL: Panel = {
  expr: '',
  tab: 'table',
  rangeS: 3600,
  endS: undefined,
  resolution: { type: 'auto', density: 'medium' },
  mode: 'lines',
  hasExemplars: false,
  isCollapsed: false,
};

/** Upstream's page asks for so many points per range. */
const POINTS: Readonly<Record<Density, number>> = { low: 100, medium: 250, high: 750 };
/** The server refuses to evaluate more often. */
export const POINTS_MAX = 11_000;

/** The step of a panel's graph, in seconds; never more points than the server takes. */
export function stepOf({ resolution, rangeS }: Pick<Panel, 'resolution' | 'rangeS'>): number {
  const wanted =
    resolution.type === 'auto' ? Math.max(Math.floor(rangeS / POINTS[resolution.density]), 1) : resolution.stepS;
  const least = rangeS / POINTS_MAX;
  return wanted >= least ? wanted : Math.ceil(least * 1000) / 1000;
}
