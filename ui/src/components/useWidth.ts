/** How wide an element is, kept up to date. */
import { useLayoutEffect, useState } from 'preact/hooks';

/** What is assumed until the element is there, in pixels. */
const FIRST_GUESS = 1000;

export function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(FIRST_GUESS);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
