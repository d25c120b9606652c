/**
 * How long the query page takes over large answers, in a real Chromium: `node bench/query.mjs [address of a Prometheus]`.
 *
 * Build the pages first. With the address of a Prometheus, its page gets the same answers and stands beside ours.
 *
 * Times are processor time of the page's main thread from the click to the picture, so that other work on the machine is not in them.
 * Script is the part of it in which the profiler finds JavaScript, what it calls, or the collection of its garbage: reading the answer,
 * decoding it, drawing. The longest task is in real time: so long the page does not answer.
 */
import { execPath } from 'node:process';
import { chromium } from 'playwright-core';
import { addressOf, matrix, vector } from './answers.mjs';
import { Stand } from './stand.mjs';

const ROUNDS = 5;
/** What `spec/ui.md` allows, in milliseconds of script. */
const BUDGET_MS = 300;

const GRAPHS = [
  { name: '1,000 series × 1,000 points', series: 1000, points: 1000, budget: BUDGET_MS },
  { name: '10,000 series × 240 points', series: 10_000, points: 240 },
  { name: '10 series × 11,000 points', series: 10, points: 11_000 },
];
const STEP_S = 15;
const ROWS = 50_000;
/** Of the profiler, in microseconds. */
const SAMPLE_US = 200;
const NO_SCRIPT = new Set(['(program)', '(root)']);

/** What differs between the two pages: how a query is run, and how one sees that its result is there. */
const OURS = {
  name: 'regain',
  run: (page) => page.getByRole('button', { name: 'Run' }).click(),
  graph: (series, points) => `[...document.querySelectorAll('.took')].some((took) => took.textContent.includes('${(series * points).toLocaleString('en')} points'))`,
  table: (rows) => `[...document.querySelectorAll('.took')].some((took) => took.textContent.startsWith('${rows.toLocaleString('en')} series'))`,
};
const PROMETHEUS = {
  name: 'Prometheus',
  run: (page) => page.getByRole('button', { name: 'Execute' }).click(),
  graph: (series) => `document.querySelectorAll('.u-series').length > ${series}`,
  table: () => `document.querySelectorAll('tbody tr').length > 1000`,
};

const other = process.argv[2];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const rows = [];
for (const graph of GRAPHS) {
  const answer = matrix(graph.series, graph.points, STEP_S);
  const search = addressOf(graph.points, STEP_S);
  // One after another, so that they do not disturb each other.
  const ours = await measure(OURS, undefined, search, answer, OURS.graph(graph.series, graph.points));
  const theirs = other === undefined ? undefined : await measure(PROMETHEUS, other, search, answer, PROMETHEUS.graph(graph.series));
  rows.push({ what: graph.name, megabytes: answer.length / 1e6, ours, theirs, budget: graph.budget });
}
const answer = vector(ROWS);
const search = new URLSearchParams({ 'g0.expr': 'x', 'g0.tab': 'table' });
rows.push({
  what: `table of ${ROWS.toLocaleString('en')} rows`,
  megabytes: answer.length / 1e6,
  ours: await measure(OURS, undefined, search, answer, OURS.table(ROWS)),
  theirs: other === undefined ? undefined : await measure(PROMETHEUS, other, search, answer, PROMETHEUS.table()),
});
await browser.close();
print(rows);
if (rows.some(({ ours, budget }) => budget !== undefined && !(ours?.script <= budget))) process.exitCode = 1;

/** The round with the least script time: the others had more of the machine's other work in them. */
async function measure(page, address, searchParams, body, isThere) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await once(page, address, searchParams, body, isThere));
  return rounds.filter((one) => one !== undefined).toSorted((a, b) => a.script - b.script)[0];
}

async function once(how, address, searchParams, body, isThere) {
  const stand = new Stand(address);
  const base = await stand.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(`${base}/query?${searchParams}`);
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => {
      globalThis.longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
      }).observe({ type: 'longtask' });
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    await devtools.send('Profiler.enable');
    await devtools.send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    stand.answer = body;
    const before = await taskTime(devtools);
    await devtools.send('Profiler.start');
    await how.run(page);
    await page.waitForFunction(isThere, undefined, { timeout: 120_000, polling: 100 });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const { profile } = await devtools.send('Profiler.stop');
    const task = (await taskTime(devtools)) - before;
    return {
      script: task * scriptShare(profile),
      task,
      longest: await page.evaluate(() => globalThis.longest),
    };
  } catch (error) {
    process.stderr.write(`${how.name}: ${error.message.split('\n')[0]}\n`);
    return undefined;
  } finally {
    await context.close();
    stand.stop();
  }
}

async function taskTime(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

/** In what part of the time that the thread was busy it ran scripts. */
function scriptShare({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  let [busy, script] = [0, 0];
  for (const [index, id] of samples.entries()) {
    const name = names.get(id);
    if (name === '(idle)') continue;
    busy += timeDeltas[index];
    if (!NO_SCRIPT.has(name)) script += timeDeltas[index];
  }
  return script / busy;
}

function print(list) {
  const ms = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`).padStart(9);
  const line = (cells) => process.stdout.write(`${cells.join('  ')}\n`);
  line([`node ${execPath === '' ? '' : process.version}, ${browser.version()}, least of ${ROUNDS}`]);
  line([''.padEnd(30), 'answer'.padStart(8), 'script'.padStart(9), 'all tasks'.padStart(9), 'longest'.padStart(9), 'budget'.padStart(9), ...(other === undefined ? [] : ['Prometheus: script'.padStart(18), 'all tasks'.padStart(9), 'longest'.padStart(9)])]);
  for (const { what, megabytes, ours, theirs, budget } of list) {
    line([
      what.padEnd(30),
      `${megabytes.toFixed(1)} MB`.padStart(8),
      ms(ours?.script),
      ms(ours?.task),
      ms(ours?.longest),
      ms(budget),
      ...(other === undefined ? [] : [ms(theirs?.script).padStart(18), ms(theirs?.task), ms(theirs?.longest)]),
    ]);
  }
}
