/** Checks that the built pages are as small as they have to be, and prints what each part weighs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, '../dist');

/** What may be loaded, in kB (1000 bytes) of gzip. */
const BUDGETS = { first: 60, page: 190, styles: 20, total: 380 };

const html = readFileSync(join(DIST, 'index.html'), 'utf8');
const referenced = new Set([...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file));

const names = readdirSync(DIST, { recursive: true })
  .map(String)
  .filter((file) => /\.(js|css|html)$/.test(file));
const files = names.map((name) => ({
  name,
  size: gzipSync(readFileSync(join(DIST, name)), { level: 9 }).length / 1000,
}));
const sizeOf = (wanted) => files.filter(wanted).reduce((sum, { size }) => sum + size, 0);
const isFirst = ({ name }) => name === 'index.html' || referenced.has(name);

/** What a page loads beyond the first load, through static imports. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(join(DIST, name), 'utf8');
  for (const [, file] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) closure(`assets/${file}`, seen);
  return seen;
}

const chunks = files.filter((file) => file.name.endsWith('.js') && !isFirst(file));
const heaviest = chunks
  .map(({ name }) => ({ name, size: sizeOf((file) => closure(name).has(file.name) && !isFirst(file)) }))
  .toSorted((a, b) => b.size - a.size)[0];

const rows = [
  ['first load', sizeOf(isFirst), BUDGETS.first],
  [`heaviest page (${heaviest?.name.replace('assets/', '') ?? 'none'})`, heaviest?.size ?? 0, BUDGETS.page],
  ['styles', sizeOf(({ name }) => name.endsWith('.css')), BUDGETS.styles],
  ['everything', sizeOf(() => true), BUDGETS.total],
];

for (const { name, size } of files.toSorted((a, b) => b.size - a.size))
  console.log(`${size.toFixed(1).padStart(8)} kB  ${name}`);
console.log('');
for (const [what, size, budget] of rows)
  console.log(`${size.toFixed(1).padStart(8)} kB of ${budget} kB  ${what}${size > budget ? '  TOO LARGE' : ''}`);
console.log(
  `${(names.reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0) / 1000).toFixed(1).padStart(8)} kB before compression`,
);
if (rows.some(([, size, budget]) => size > budget)) process.exit(1);
