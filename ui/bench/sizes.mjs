/** What the built pages weigh, beside Debian's Prometheus: `node bench/sizes.mjs`, after the pages were built. */
import { BUDGETS, sizeOf, sizes } from '../build/sizes.mjs';
import { launch, loaded } from './chromium.mjs';
import { startPeer } from './peer.mjs';

/** All scripts and styles of Prometheus 3.14's own pages in kB, weighed when they were built for comparison. */
const PROMETHEUS_3_KB = { gzip: 627 };
const NAME_WIDTH = 50;

const print = (...cells) => process.stdout.write(`${cells.join('  ')}\n`);
const kB = (value) => (value === undefined ? '–' : `${value.toFixed(1)} kB`).padStart(9);
const row = (name, { raw, gzip }, budget) => {
  print(name.padEnd(NAME_WIDTH), kB(raw), kB(gzip), kB(budget));
  if (gzip > (budget ?? Infinity)) process.exitCode = 1;
};

const { files, first, page, total } = sizes();
print(''.padEnd(NAME_WIDTH), ...['raw', 'gzip', 'budget'].map((title) => title.padStart(9)));
for (const file of files.toSorted((a, b) => b.gzip - a.gzip)) row(`  ${file.name}`, file);
row('first load', first, BUDGETS.first);
row('first load and the heaviest page with its editor', page, BUDGETS.page);
row('everything', total, BUDGETS.total);

const peer = await startPeer(1);
if (peer.why === undefined) {
  const browser = await launch();
  const load = async (path) => {
    const bodies = await loaded(browser, `http://127.0.0.1:${peer.port}${path}`);
    return bodies.map(({ body }) => sizeOf(body)).reduce((a, b) => ({ raw: a.raw + b.raw, gzip: a.gzip + b.gzip }));
  };
  row("Debian's Prometheus, its first page (a query)", await load('/classic/graph'));
  row("Debian's Prometheus, its targets", await load('/classic/targets'));
  await browser.close();
  await peer.stop();
} else print("Debian's Prometheus".padEnd(NAME_WIDTH), `not measured: ${peer.why}`);
row('Prometheus 3.14, everything (not measured here)', PROMETHEUS_3_KB);
