/** The explanation of a panel's query: asked for when the query or its times change or it is run again. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { askExplained, type Explained, type ExplainWhen } from '../../../api/explain';
import { aborted, type Failure } from '../../../api/failure';
import { serverNow } from '../../../state/clock';
import { comebacks } from '../../../state/connection';
import { type Panel, stepOf } from '../panel';

export type Over = 'moment' | 'range';

export interface Explaining {
  explained?: Explained;
  /** The expression that is explained. */
  expr?: string;
  failure?: Failure;
  warnings?: readonly string[];
  infos?: readonly string[];
  /** Since when an explanation is awaited, in milliseconds; not at all where it is missing. */
  since?: number | undefined;
}

/** `run` counts up to ask again. */
export function useExplained(panel: Panel, run: number, over: Over): Explaining & { cancel: () => void } {
  const [state, setState] = useState<Explaining>({});
  const request = useRef<AbortController>();
  const { expr, endS } = panel;
  const question = JSON.stringify([expr, endS, over === 'range' && [panel.rangeS, stepOf(panel)]]);
  useEffect(() => {
    const controller = new AbortController();
    request.current = controller;
    setState((before) => ({ ...before, since: Date.now() }));
    const begin = async () => {
      const outcome = await askExplained(expr, whenOf(panel, over), controller.signal);
      if (controller.signal.aborted) return;
      setState(
        outcome.ok
          ? { explained: outcome.value, expr, warnings: outcome.warnings, infos: outcome.infos }
          : { failure: outcome.failure, expr },
      );
    };
    void begin();
    return () => controller.abort();
  }, [question, run, comebacks.value]);
  const cancel = () => {
    request.current?.abort();
    setState((before) =>
      before.explained === undefined ? { failure: aborted().failure, expr } : { ...before, since: undefined },
    );
  };
  return { ...state, cancel };
}

function whenOf(panel: Panel, over: Over): ExplainWhen {
  const { endS, rangeS } = panel;
  if (over === 'moment') return { time: endS };
  const end = endS ?? Math.floor(serverNow() * 1000) / 1000;
  return { start: end - rangeS, end, step: stepOf(panel) };
}
