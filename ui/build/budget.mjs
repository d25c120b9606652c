/** Checks that the built pages are as small as they have to be, and prints what each part weighs. */
import { BUDGETS, sizes } from './sizes.mjs';

const { files, first, page, styles, total } = sizes();
const rows = [
  ['first load', first, BUDGETS.first],
  [`first load and heaviest page (${page.name.replace('assets/', '')})`, page, BUDGETS.page],
  ['styles', styles, BUDGETS.styles],
  ['everything', total, BUDGETS.total],
];

for (const { name, gzip } of files.toSorted((a, b) => b.gzip - a.gzip))
  console.log(`${gzip.toFixed(1).padStart(8)} kB  ${name}`);
console.log('');
for (const [what, { gzip }, budget] of rows)
  console.log(`${gzip.toFixed(1).padStart(8)} kB of ${budget} kB  ${what}${gzip > budget ? '  TOO LARGE' : ''}`);
console.log(`${total.raw.toFixed(1).padStart(8)} kB before compression`);
if (rows.some(([, { gzip }, budget]) => gzip > budget)) process.exit(1);
