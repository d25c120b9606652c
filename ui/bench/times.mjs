/**
 * How long pages take over large answers, beside Debian's Prometheus: `node bench/times.mjs`, after the pages were built; with a word,
 * only what has it in its name.
 */
import { CASES, PEER_TARGETS } from './cases.mjs';
import { launch, measure } from './chromium.mjs';
import { startPeer } from './peer.mjs';
import { Stand } from './stand.mjs';

const ROUNDS = 5;
/** The peer takes so long over some that once more has to do. */
const PEER_ROUNDS = 2;

const TITLES = ['script', 'all tasks', 'longest', 'whole', 'budget'];
const NAME_WIDTH = 50;

const print = (...cells) => process.stdout.write(`${cells.join('  ')}\n`);
const ms = (value) => `${Math.round(value).toLocaleString('en')} ms`.padStart(9);

const browser = await launch();
const peer = await startPeer(PEER_TARGETS);
print(`Chromium ${browser.version()}; the least of ${ROUNDS} rounds, of the peer's ${PEER_ROUNDS}`);
print('Processor time of the main thread, the longest of its tasks, and the whole by the clock on the wall.');
print(''.padEnd(NAME_WIDTH), ...TITLES.map((title) => title.padStart(9)));
// One after another, so that they do not disturb each other.
/* oxlint-disable no-await-in-loop */
for (const { name, budget, own, peer: other } of CASES.filter((one) => one.name.includes(process.argv[2] ?? ''))) {
  const best = await least(own, ROUNDS);
  print(name.padEnd(NAME_WIDTH), ...timesOf(best), budgetText(budget));
  if (best.script > (budget.script ?? Infinity) || best.longest > (budget.pause ?? Infinity)) process.exitCode = 1;
  if (other === undefined) continue;
  const label = `  Debian's Prometheus${other.remark === undefined ? '' : ` (${other.remark})`}`.padEnd(NAME_WIDTH);
  if (peer.why !== undefined) print(label, `not measured: ${peer.why}`);
  else print(label, ...timesOf(await least(other, PEER_ROUNDS, peer.port)));
}
/* oxlint-enable no-await-in-loop */
await peer.stop?.();
await browser.close();

function timesOf({ script, tasks, longest, whole }) {
  return [script, tasks, longest, whole].map(ms);
}

function budgetText({ script, pause }) {
  if (script !== undefined) return `${ms(script)} of script`;
  return pause === undefined ? '        –' : `${ms(pause)} without a pause`;
}

async function least(scene, rounds, upstream) {
  const all = [];
  // oxlint-disable-next-line no-await-in-loop
  for (let round = 0; round < rounds; round++) all.push(await once(scene, upstream));
  return Object.fromEntries(Object.keys(all[0]).map((what) => [what, Math.min(...all.map((one) => one[what]))]));
}

async function once({ answers, prepare, start, isDone }, upstream) {
  const stand = new Stand(upstream);
  const origin = await stand.start();
  const large = answers?.(true) ?? {};
  if (prepare === undefined) Object.assign(stand.answers, large);
  try {
    return await measure(browser, origin, {
      prepare: async (page) => {
        await prepare?.(page, origin);
        Object.assign(stand.answers, large);
      },
      start: (page) => start(page, origin),
      isDone,
    });
  } finally {
    stand.stop();
  }
}
