/** The server's time, counting on as long as somebody looks. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { serverNow } from './clock';

const TICK_MS = 1000;

const now = signal(serverNow() * 1000);
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Draws its component anew each second; in milliseconds. */
export function useNow(): number {
  useEffect(watch, []);
  return now.value;
}

/** One clock ticks for all. */
function watch(): () => void {
  users += 1;
  now.value = serverNow() * 1000;
  timer ??= setInterval(() => {
    if (!document.hidden) now.value = serverNow() * 1000;
  }, TICK_MS);
  return () => {
    users -= 1;
    if (users > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
