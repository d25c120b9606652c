/** Hands a file to the browser's downloads. */

/** Browsers start the download later than the click; the address must live as long. In milliseconds. */
const KEPT_MS = 60_000;

export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

/** A name for a file about an expression: readable, and fit for every file system. */
export function fileName(expr: string, extension: string): string {
  const readable = expr.replaceAll(/[^a-zA-Z0-9_.-]+/g, '_').replaceAll(/^[_.]+|_+$/g, '');
  return `${readable.slice(0, 80) || 'query'}.${extension}`;
}
