/**
 * Colours of series. The first eight are told apart with any colour vision and are in `styles/tokens.css`, in a variant for each theme;
 * further ones go round the circle of hues. The canvas cannot read CSS variables, so they are resolved here.
 */

const NAMED = 8;
/** Turns as far as possible from all hues before. In degrees. */
const GOLDEN_ANGLE = 137.508;
/** Lightness of further colours, in per cent; neighbours differ in it too. */
const ON_LIGHT = [38, 48, 30];
const ON_DARK = [68, 58, 78];

/** The colour of the series at an index, for CSS. */
export function swatch(index: number): string {
  return index < NAMED
    ? `var(--series-${index + 1})`
    : `light-dark(${further(index, ON_LIGHT)}, ${further(index, ON_DARK)})`;
}

function further(index: number, lightness: readonly number[]): string {
  return `hsl(${((index * GOLDEN_ANGLE) % 360).toFixed(1)} 62% ${lightness[index % lightness.length]}%)`;
}

/** The same colours for the canvas, under the theme that holds now. */
export function readPalette(element: Element): (index: number) => string {
  const named = Array.from({ length: NAMED }, (_, index) => resolve(element, `var(--series-${index + 1})`));
  const isDark = resolve(element, 'light-dark(#fff, #000)') === resolve(element, '#000');
  return (index) => named[index] ?? further(index, isDark ? ON_DARK : ON_LIGHT);
}

/** What a colour in CSS is under the theme that holds now. */
export function resolve(element: Element, colour: string): string {
  const probe = document.createElement('span');
  probe.style.color = colour;
  element.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return computed;
}
