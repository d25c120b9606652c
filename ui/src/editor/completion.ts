/** Suggestions while typing: PromQL's words, the server's metrics and labels with their help, and expressions run before. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type CompleteStrategy, newCompleteStrategy } from '@prometheus-io/codemirror-promql';
import { quote } from '../format/series';
import { client } from './client';

/** Metadata of more metrics than this take longer to send than they help. */
const METADATA_MAX = 20_000;
/** Expressions from the history, which stand above all others when the field is empty. */
const HISTORY_MAX = 20;
const HISTORY_BOOST = 90;

const METRIC = /^[a-zA-Z_:][\w:]*$/;
const LABEL = /^[a-zA-Z_]\w*$/;

/** Completes with the history that `past` returns at the time. */
export class Completer implements CompleteStrategy {
  private readonly inner = newCompleteStrategy({ remote: client, maxMetricsMetadata: METADATA_MAX });
  private readonly past: () => readonly string[];

  constructor(past: () => readonly string[]) {
    this.past = past;
  }

  async promQL(context: CompletionContext): Promise<CompletionResult | null> {
    const found = await this.inner.promQL(context);
    const metrics = new Set(await client.metricNames());
    const options = (found?.options ?? []).map((option) => quoted(option, metrics));
    const text = context.state.doc.toString();
    const isStart =
      text.slice(0, context.pos).trim().length === (found === null ? 0 : context.pos - found.from) &&
      text.slice(0, found?.from ?? context.pos).trim() === '';
    const past = isStart ? this.past().slice(0, HISTORY_MAX).map(fromPast) : [];
    if (found === null) return past.length === 0 ? null : { from: 0, to: text.length, options: past };
    return { ...found, options: [...past, ...options] };
  }
}

function fromPast(expr: string, index: number): Completion {
  return { label: expr, detail: 'run before', type: 'text', boost: HISTORY_BOOST - index };
}

/** A name that is not plain has to be quoted, and a metric's name then stands inside of the braces. */
function quoted(option: Completion, metrics: ReadonlySet<string>): Completion {
  if (option.type !== 'constant' || option.apply !== undefined) return option;
  const { label } = option;
  if (metrics.has(label)) return METRIC.test(label) ? option : { ...option, apply: `{${quote(label)}}` };
  return LABEL.test(label) ? option : { ...option, apply: quote(label) };
}
