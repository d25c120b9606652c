/** An explanation as a server would give it, of a division of two aggregations that finds nothing. */

const scan = { seriesSelected: 40, seriesOut: 40, parts: 1, partsUndecoded: 1, workers: 1 };
const nobody = { count: 0, examples: [] };

/** Has nodes for the whole `query` and for its first and its last character; everything else is made of `names`. */
export function explained(query: string, names: readonly string[]): unknown {
  const name = names[0] ?? 'name';
  const end = new TextEncoder().encode(query).length;
  const matching = {
    on: true,
    labels: [name],
    left: 40,
    right: 2,
    matchedGroups: 0,
    unmatchedLeft: { count: 40, examples: names.slice(0, 3).map((value) => ({ __name__: value, [value]: value })) },
    unmatchedRight: nobody,
    differences: [{ name, left: [name], right: [] }],
  };
  const empty = { reason: 'no_match', text: `Nothing matches: ${name} is only on the left.`, details: {} };
  const first = { start: 0, end: Math.min(1, end) };
  return {
    resultType: 'matrix',
    series: 0,
    stats: {},
    whyEmpty: { node: 0, ...empty },
    nodes: [
      node({
        end,
        text: query,
        label: '/ on (…)',
        figures: figures({ ownSeconds: 0.001, series: 0, matching }),
        empty,
      }),
      node({
        parent: 0,
        ...first,
        label: name,
        figures: figures({ ownSeconds: 0.006, samplesRead: 90, groups: 2, scan }),
      }),
      node({ parent: 1, ...first, label: names[1] ?? name, evaluation: 'part', partOf: 1 }),
      node({
        parent: 0,
        start: Math.max(end - 1, 0),
        end,
        label: names[2] ?? name,
        constant: true,
        figures: figures({ ownSeconds: 0.003, samplesRead: 10 }),
      }),
    ],
  };
}

function node(change: object): object {
  return {
    parent: null,
    start: 0,
    end: 0,
    text: '',
    kind: 'binary',
    label: '',
    constant: false,
    evaluation: 'measured',
    partOf: null,
    figures: null,
    empty: null,
    ...change,
  };
}

function figures(change: object): object {
  return {
    evaluations: 1,
    steps: 61,
    totalSeconds: 0.01,
    ownSeconds: 0,
    samplesRead: 0,
    queryableSamples: 0,
    samplesHeld: 61,
    series: 40,
    groups: null,
    scan: null,
    matching: null,
    ...change,
  };
}
