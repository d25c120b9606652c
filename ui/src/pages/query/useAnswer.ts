/** The answer of a panel: asked for when the question changes or is asked again, kept while a new one is on its way. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { aborted, type Failure } from '../../api/failure';
import { serverNow } from '../../state/clock';
import { comebacks } from '../../state/connection';
import type { Answer } from './answer/answer';
import { askAnswer, type Question } from './answer/ask';
import { type Panel, stepOf } from './panel';

/** The server sends no more series than these unless told to: more can be drawn, but not looked at. */
export const GRAPH_SERIES = 10_000;
export const TABLE_SERIES = 50_000;

export interface Asked {
  answer?: Answer;
  /** The question that `answer` answers. */
  question?: Question;
  failure?: Failure;
  warnings?: readonly string[];
  infos?: readonly string[];
  /** Since when an answer is awaited, in milliseconds; not at all where it is missing. */
  since?: number | undefined;
}

export interface Asking extends Asked {
  cancel: () => void;
}

/** `run` counts up to ask the same question again; `isAll` asks for all series. */
export function useAnswer(panel: Panel, run: number, isAll: boolean): Asking {
  const [asked, setAsked] = useState<Asked>({});
  const request = useRef<AbortController>();
  const retry = useRetry(asked);
  const question = JSON.stringify([
    panel.expr,
    panel.tab,
    panel.endS,
    panel.tab === 'graph' && [panel.rangeS, stepOf(panel)],
  ]);

  useEffect(() => {
    // An explanation has its own question.
    if (panel.expr.trim() === '' || panel.tab === 'explain') {
      setAsked({});
      return undefined;
    }
    const controller = new AbortController();
    request.current = controller;
    setAsked((before) => ({ ...before, since: Date.now() }));
    const begin = async () => {
      const next = await ask(questionOf(panel, isAll), controller.signal);
      if (next !== undefined) setAsked(next);
    };
    void begin();
    return () => controller.abort();
  }, [question, run, isAll, retry]);

  const cancel = () => {
    request.current?.abort();
    setAsked((before) =>
      before.answer === undefined ? { failure: aborted().failure } : { ...before, since: undefined },
    );
  };
  return { ...asked, cancel };
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;

/** Counts up when a question that met no server should be asked again: when the server has come back, and now and then until it has. */
function useRetry({ failure }: Asked): number {
  const [retry, setRetry] = useState(0);
  const wait = useRef(FIRST_RETRY_MS);
  const isServerAway = failure?.kind === 'unreachable' || failure?.kind === 'starting';
  const comeback = comebacks.value;
  const before = useRef(comeback);
  useEffect(() => {
    const isBack = comeback !== before.current;
    before.current = comeback;
    if (!isServerAway) {
      if (failure === undefined) wait.current = FIRST_RETRY_MS;
      return undefined;
    }
    const timer = setTimeout(() => setRetry((count) => count + 1), isBack ? 0 : wait.current);
    wait.current = Math.min(wait.current * 2, LONGEST_RETRY_MS);
    return () => clearTimeout(timer);
  }, [failure, comeback]);
  return retry;
}

async function ask(question: Question, signal: AbortSignal): Promise<Asked | undefined> {
  const outcome = await askAnswer(question, signal);
  if (signal.aborted) return undefined;
  if (!outcome.ok) return { failure: outcome.failure, question };
  return { answer: outcome.value, question, warnings: outcome.warnings, infos: outcome.infos };
}

function questionOf(panel: Panel, isAll: boolean): Question {
  const { expr, tab, endS, rangeS } = panel;
  if (tab === 'table') return { expr, when: { time: endS }, limit: isAll ? undefined : TABLE_SERIES };
  const end = endS ?? Math.floor(serverNow() * 1000) / 1000;
  return { expr, when: { start: end - rangeS, end, step: stepOf(panel) }, limit: isAll ? undefined : GRAPH_SERIES };
}
