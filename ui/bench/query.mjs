/**
 * How long the query page takes over large answers, in a real Chromium: `node bench/query.mjs`, after the pages were built.
 *
 * Times are processor time of the page's main thread from the click to the picture, so that other work on the machine is not in them.
 * Script is the part of it in which the profiler finds JavaScript, what it calls, or the collection of its garbage: reading the answer,
 * decoding it, drawing. The longest task is in real time: so long the page does not answer.
 */
import { chromium } from 'playwright-core';
import { addressOf, matrix, vector } from './answers.mjs';
import { Stand } from './stand.mjs';

const ROUNDS = 5;
const STEP_S = 15;
/** Of the profiler, in microseconds. */
const SAMPLE_US = 200;
const NO_SCRIPT = new Set(['(program)', '(root)']);
/** How long one answer may take, in milliseconds. */
const PATIENCE_MS = 120_000;

/** The budget is script time in milliseconds. */
const GRAPHS = [
  { series: 1000, points: 1000, budget: 300 },
  { series: 10_000, points: 240 },
  { series: 10, points: 11_000 },
];
const ROWS = 50_000;

const count = (amount) => amount.toLocaleString('en');
const ms = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`).padStart(9);
const print = (...cells) => process.stdout.write(`${cells.join('  ')}\n`);

const cases = [
  ...GRAPHS.map(({ series, points, budget }) => ({
    name: `${count(series)} series × ${count(points)} points`,
    search: addressOf(points, STEP_S),
    answer: () => matrix(series, points, STEP_S),
    said: `${count(series * points)} points`,
    budget,
  })),
  { name: `a table of ${count(ROWS)} rows`, search: new URLSearchParams({ 'g0.expr': 'x', 'g0.tab': 'table' }), answer: () => vector(ROWS), said: `${count(ROWS)} series` },
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
print(`Chromium ${browser.version()}, the least of ${ROUNDS} rounds`);
print(''.padEnd(30), 'answer'.padStart(8), ...['script', 'all tasks', 'longest', 'budget'].map((title) => title.padStart(9)));
for (const { name, search, answer, said, budget } of cases) {
  const body = answer();
  const rounds = [];
  // One after another, so that they do not disturb each other.
  // oxlint-disable-next-line no-await-in-loop
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(search, body, said));
  const [best] = rounds.toSorted((a, b) => a.script - b.script);
  print(name.padEnd(30), `${(body.length / 1e6).toFixed(1)} MB`.padStart(8), ms(best.script), ms(best.tasks), ms(best.longest), ms(budget));
  if (best.script > (budget ?? Infinity)) process.exitCode = 1;
}
await browser.close();

async function measure(search, body, said) {
  const stand = new Stand();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${await stand.start()}/query?${search}`);
  await page.waitForLoadState('networkidle');
  await page.evaluate(watchTasks);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  stand.answer = body;
  const before = await taskTime(devtools);
  await devtools.send('Profiler.start');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.waitForFunction((text) => [...document.querySelectorAll('.took')].some((took) => took.textContent.includes(text)), said, { timeout: PATIENCE_MS, polling: 100 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const { profile } = await devtools.send('Profiler.stop');
  const tasks = (await taskTime(devtools)) - before;
  const longest = await page.evaluate(() => globalThis.longest);
  await context.close();
  stand.stop();
  return { script: tasks * scriptShare(profile), tasks, longest };
}

/** Runs in the page. */
function watchTasks() {
  globalThis.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
  }).observe({ type: 'longtask' });
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
