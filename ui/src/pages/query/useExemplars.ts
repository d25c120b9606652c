/** The exemplars of what a graph shows, asked for while somebody wants to see them. */
import { useEffect, useState } from 'preact/hooks';
import { askExemplars, type Exemplar } from '../../api/exemplars';
import type { Failure } from '../../api/failure';

export interface Exemplars {
  /** Newest first; missing until the answer is here. */
  list?: readonly Exemplar[];
  failure?: Failure;
}

const NOT_WANTED: Exemplars = {};

/** `answered` is another object whenever the graph was asked for again. */
export function useExemplars(
  isWanted: boolean,
  { expr, start, end, answered }: { expr: string; start: number; end: number; answered: unknown },
): Exemplars {
  const [found, setFound] = useState<Exemplars>(NOT_WANTED);
  useEffect(() => {
    if (!isWanted) {
      setFound(NOT_WANTED);
      return undefined;
    }
    const controller = new AbortController();
    const begin = async () => {
      const outcome = await askExemplars({ expr, start, end, signal: controller.signal });
      if (controller.signal.aborted) return;
      setFound(outcome.ok ? { list: outcome.value } : { failure: outcome.failure });
    };
    void begin();
    return () => controller.abort();
  }, [isWanted, expr, start, end, answered]);
  return found;
}
