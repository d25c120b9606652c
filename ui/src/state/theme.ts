/** Light, dark, or as the system says. `public/theme.js` applies a kept choice before the first paint. */
import { effect } from '@preact/signals';
import { oneOf, stored } from './stored';

export type Theme = 'system' | 'light' | 'dark';

export const theme = stored<Theme>('theme', 'system', oneOf('system', 'light', 'dark'));

/** Applies the choice now and whenever it changes. */
export function startTheme(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset.theme;
    else dataset.theme = theme.value;
  });
}
