/** Answers as CSV (RFC 4180), for spreadsheets and scripts. */
import type { AnswerSeries } from '../answer/answer';
import { type ChartSeries, momentsOf, nearestIndex } from '../../../chart/series';
import { formatExact } from '../../../format/number';

const NEWLINE = '\r\n';
/** Begins a formula in spreadsheets. A number with a sign, `+Inf` included, does not. */
const FORMULA = /^(?:[=@\t\r]|[+-](?!(?:\d|\.\d|Inf$)[\d.eE+-]*$|Inf$))/;

/** One cell. Foreign text that a spreadsheet would run as a formula gets a quote in front. */
export function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Instant results: a row for each point, a column for each label. */
export function tableCsv(series: readonly AnswerSeries[]): string {
  const names = new Set<string>();
  for (const { labels } of series) for (const name of Object.keys(labels)) names.add(name);
  const columns = [...names].toSorted();
  const rows = [[...columns, 'time', 'value'].map(cell).join(',')];
  for (const one of series) {
    const { labels } = one;
    const start = columns.map((name) => cell(labels[name] ?? '')).join(',');
    const prefix = columns.length > 0 ? `${start},` : '';
    for (const [time, value] of pointsOf(one)) rows.push(`${prefix}${iso(time)},${value}`);
  }
  return rows.join(NEWLINE) + NEWLINE;
}

function* pointsOf({ times, values, histograms }: AnswerSeries): Generator<[number, string]> {
  for (const [index, time] of times.entries()) yield [time, formatExact(values[index] ?? Number.NaN)];
  for (const [time, histogram] of histograms) yield [time, cell(JSON.stringify(histogram))];
}

/** Graphs: a row for each moment, a column for each series. */
export function graphCsv(series: readonly ChartSeries[]): string {
  const moments = momentsOf(series);
  const rows = [['time', ...series.map(({ name }) => name)].map(cell).join(',')];
  for (let index = 0; index < moments.length; index++) {
    const moment = moments[index] as number;
    const values = series.map(({ times, values: column }) => {
      // Where all series share their times, the index is the same.
      const at = times === moments ? index : nearestIndex(times, moment, 0);
      return at < 0 ? '' : formatExact(column[at] as number);
    });
    rows.push(`${iso(moment)},${values.join(',')}`);
  }
  return rows.join(NEWLINE) + NEWLINE;
}

function iso(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}
