/** A graph with its expression and its legend as a picture. */
import { resolve, readPalette } from '../../../chart/palette';
import type { ChartSeries } from '../../../chart/series';
import { visible } from '../../../format/series';

/** In pixels of the page. */
const MARGIN = 16;
const LINE_HEIGHT = 18;
/** More series than this are counted, not listed. */
const LISTED_MAX = 20;
const TITLE_MAX = 400;

export interface Picture {
  canvas: HTMLCanvasElement;
  expr: string;
  series: readonly ChartSeries[];
  /** The places of the drawn series among all. */
  shown: readonly number[];
  /** What the period is, in words. */
  period: string;
}

export function pictureOf(picture: Picture): Promise<Blob | null> {
  const { canvas, shown } = picture;
  const ratio = canvas.width / canvas.clientWidth;
  const listed = Math.min(shown.length, LISTED_MAX) + (shown.length > LISTED_MAX ? 1 : 0);
  const made = document.createElement('canvas');
  made.width = canvas.width + 2 * MARGIN * ratio;
  made.height = canvas.height + (3 * MARGIN + (listed + 2) * LINE_HEIGHT) * ratio;
  const context = made.getContext('2d');
  if (context === null) return Promise.resolve(null);
  write(context, picture, ratio);
  return new Promise((done) => made.toBlob(done, 'image/png'));
}

function write(
  context: CanvasRenderingContext2D,
  { canvas, expr, series, shown, period }: Picture,
  ratio: number,
): void {
  const page = canvas.parentElement ?? document.body;
  const colour = readPalette(page);
  const [text, muted] = [resolve(page, 'var(--text)'), resolve(page, 'var(--text-muted)')];
  const family = getComputedStyle(page).fontFamily;
  const width = canvas.width / ratio;
  context.fillStyle = resolve(page, 'var(--surface)');
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.scale(ratio, ratio);
  context.textBaseline = 'middle';
  let y = MARGIN + LINE_HEIGHT / 2;
  const line = (words: string, font: string, fill: string, x = MARGIN) => {
    context.font = font;
    context.fillStyle = fill;
    context.fillText(fitted(context, visible(words, TITLE_MAX).replaceAll(/\s+/g, ' '), width + MARGIN - x), x, y);
    y += LINE_HEIGHT;
  };
  line(expr, '13px monospace', text);
  line(period, `12px ${family}`, muted);
  context.drawImage(canvas, MARGIN, y + MARGIN / 2 - LINE_HEIGHT / 2, width, canvas.height / ratio);
  y += canvas.height / ratio + MARGIN;
  for (const place of shown.slice(0, LISTED_MAX)) {
    context.fillStyle = colour(place);
    context.fillRect(MARGIN, y - 2, 14, 3);
    line(series[place]?.name ?? '', `12px ${family}`, text, MARGIN + 22);
  }
  if (shown.length > LISTED_MAX) line(`and ${shown.length - LISTED_MAX} more`, `12px ${family}`, muted, MARGIN + 22);
}

/** As much of a text as there is room for. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}
