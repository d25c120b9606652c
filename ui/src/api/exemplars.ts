/** `query_exemplars`: single observations with labels of their own, such as the ID of a trace. */
import type { Outcome } from './failure';
import { type Labels, parseNumber } from './query';
import { type Ask, ask } from './request';
import { list, number, object, table, text } from './shape';

export interface Exemplar {
  /** In seconds since 1970. */
  time: number;
  value: number;
  /** Its own labels. */
  labels: Labels;
  /** The labels of the series that it was observed for. */
  series: Labels;
}

export interface ExemplarQuestion extends Pick<Ask, 'signal'> {
  expr: string;
  start: number;
  end: number;
}

interface OfSeries {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

const ofSeries = list(
  object<OfSeries>({
    seriesLabels: table(text),
    exemplars: list(object<OfSeries['exemplars'][number]>({ labels: table(text), value: text, timestamp: number })),
  }),
);

/** The exemplars of all series that the selectors of an expression name, newest first. */
export async function askExemplars({ expr, start, end, signal }: ExemplarQuestion): Promise<Outcome<Exemplar[]>> {
  const outcome = await ask('query_exemplars', { query: expr, start, end }, ofSeries, { post: true, signal });
  return outcome.ok ? { ...outcome, value: flat(outcome.value) } : outcome;
}

function flat(answer: readonly OfSeries[]): Exemplar[] {
  const all = answer.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({
      time: timestamp,
      value: parseNumber(value),
      labels,
      series: seriesLabels,
    })),
  );
  return all.toSorted((a, b) => b.time - a.time);
}
