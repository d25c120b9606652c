/** What the built pages weigh, file by file and load by load. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, '../dist');

/** What may be loaded, in kB (1000 bytes) of gzip. */
export const BUDGETS = { first: 60, page: 250, styles: 20, total: 380 };

/** The size of a content in kB, as it is and as gzip. */
export function sizeOf(content) {
  return { raw: content.length / 1000, gzip: gzipSync(content, { level: 9 }).length / 1000 };
}

/** A list of files with their sizes, and the sums that have a budget. */
export function sizes() {
  const names = readdirSync(DIST, { recursive: true }).map(String);
  const files = names.filter((name) => /\.(js|css|html|svg)$/.test(name)).map(read);
  const html = files.find(({ name }) => name === 'index.html')?.text ?? '';
  const named = new Set([...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file));
  const isFirst = ({ name }) => name === 'index.html' || named.has(name);
  const first = sum(files.filter(isFirst));
  // A page is all scripts that it imports, at once or later; styles have a budget of their own.
  const later = files.filter((file) => file.name.endsWith('.js') && !isFirst(file));
  const pages = later.map(({ name }) => {
    const needed = closure(name, later);
    return { name, ...sum(files.filter((file) => isFirst(file) || needed.has(file.name))) };
  });
  const page = pages.toSorted((a, b) => b.gzip - a.gzip)[0] ?? { name: 'none', raw: 0, gzip: 0 };
  return { files, first, page, styles: sum(files.filter(({ name }) => name.endsWith('.css'))), total: sum(files) };
}

function read(name) {
  const content = readFileSync(join(DIST, name));
  return { name, text: content.toString(), ...sizeOf(content) };
}

function sum(files) {
  return files.reduce((so, { raw, gzip }) => ({ raw: so.raw + raw, gzip: so.gzip + gzip }), { raw: 0, gzip: 0 });
}

/** The name of a script and those of all that it imports among these files, and of what those import. */
function closure(name, files, seen = new Set()) {
  const file = files.find((one) => one.name === name);
  if (file === undefined || seen.has(name)) return seen;
  seen.add(name);
  for (const [, other] of file.text.matchAll(/(?:from|import)\s*\(?\s*["'`]\.\/([^"'`]+\.js)/g))
    closure(`assets/${other}`, files, seen);
  return seen;
}
