/** The nodes of an explanation as rows: where each is in the text, how deep it is, and which share of the whole it has. */
import type { Explained, ExplainedNode } from '../../../api/explain';

export interface Row {
  /** Tells it from the others. */
  key: string;
  node: ExplainedNode;
  depth: number;
  /** Its place in the text in UTF-16 units, as strings count. */
  from: number;
  to: number;
  /** Shares of the time and of the samples of the whole, from 0 to 1; missing where it has no figures of its own. */
  time: number | undefined;
  samples: number | undefined;
  badges: readonly Badge[];
}

export interface Badge {
  text: string;
  title: string;
}

export function rowsOf({ nodes }: Explained, expr: string): Row[] {
  const place = placesIn(expr);
  const sum = (of: (node: ExplainedNode) => number) => nodes.reduce((all, node) => all + of(node), 0);
  const time = sum(({ figures }) => figures?.ownSeconds ?? 0);
  const samples = sum(({ figures }) => figures?.samplesRead ?? 0);
  const leads = new Set(nodes.map(({ partOf }) => partOf));
  const depths: number[] = [];
  return nodes.map((node, index) => {
    const depth = node.parent === undefined ? 0 : (depths[node.parent] ?? 0) + 1;
    depths.push(depth);
    const { figures } = node;
    return {
      // What is equally deep does not overlap.
      key: `${depth} ${node.start} ${node.end}`,
      node,
      depth,
      from: place(node.start),
      to: place(node.end),
      time: figures === undefined ? undefined : share(figures.ownSeconds, time),
      samples: figures === undefined ? undefined : share(figures.samplesRead, samples),
      badges: badgesOf(node, leads.has(index)),
    };
  });
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function badgesOf({ constant, figures, evaluation, empty }: ExplainedNode, isLead: boolean): Badge[] {
  const badges: Badge[] = [];
  const scan = figures?.scan;
  if (isLead && scan !== undefined)
    badges.push({ text: 'one scan', title: 'Computed series by series, together with the nodes below it' });
  if (constant && evaluation === 'measured')
    badges.push({ text: 'once', title: 'The same at every step, so it was computed once' });
  if (scan !== undefined && scan.parts > 0 && scan.partsUndecoded === scan.parts)
    badges.push({ text: 'no decoding', title: 'The index alone had the answer: no sample was decoded' });
  if (scan !== undefined && scan.workers > 1)
    badges.push({ text: `${scan.workers} threads`, title: 'So many threads worked at once' });
  if (empty !== undefined) badges.push({ text: 'empty', title: empty.text });
  return badges;
}

/** From bytes of UTF-8, as the server counts, to UTF-16 units. */
function placesIn(text: string): (byte: number) => number {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === text.length) return (byte) => byte;
  const decoder = new TextDecoder();
  return (byte) => decoder.decode(bytes.subarray(0, byte)).length;
}

/** The row that a key leads to from the row `at`; nothing where the key is not for moving. */
export function target(rows: readonly Row[], at: number, key: string): number | undefined {
  switch (key) {
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'ArrowDown':
      return Math.min(at + 1, rows.length - 1);
    case 'Home':
      return 0;
    case 'End':
      return rows.length - 1;
    case 'ArrowLeft':
      return rows[at]?.node.parent ?? at;
    case 'ArrowRight':
      return rows[at + 1]?.node.parent === at ? at + 1 : at;
    default:
      return undefined;
  }
}
