/**
 * Measures what a page does in a real Chromium.
 *
 * Times are processor time of the page's main thread, so that other work on the machine is not in them. Script is the part of it in which
 * the profiler finds JavaScript, what it calls, or the collection of its garbage. While a task runs the page does not answer, so that the
 * longest one is what a reader feels as a pause.
 */
import { chromium } from 'playwright-core';
import { EMPTY } from './stand.mjs';

/** Of the profiler, in microseconds. */
const SAMPLE_US = 200;
/** The events of a trace that are tasks of a thread, and the thread that matters. */
const TASK = 'ThreadControllerImpl::RunTask';
const MAIN_THREAD = 'CrRendererMain';
const NO_SCRIPT = new Set(['(program)', '(root)']);
/** How long one step may take, in milliseconds. */
const PATIENCE_MS = 180_000;

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });

/**
 * What it takes from `start(page)` until `isDone` is true in the page; `prepare(page)` comes before and is not measured. In milliseconds;
 * `whole` is from the start to the picture by the clock on the wall.
 */
export async function measure(browser, origin, { prepare, start, isDone }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  // From here on the page stays in one process, whose counters go on.
  await page.goto(origin + EMPTY);
  await prepare?.(page);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await browser.startTracing(page, { categories: ['toplevel'] });
  const before = await taskTime(devtools);
  await devtools.send('Profiler.start');
  const begin = performance.now();
  await start(page);
  await page.waitForFunction(isDone, undefined, { timeout: PATIENCE_MS, polling: 50 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const whole = performance.now() - begin;
  const { profile } = await devtools.send('Profiler.stop');
  const tasks = (await taskTime(devtools)) - before;
  const longest = longestTask(JSON.parse(await browser.stopTracing()));
  await context.close();
  return { script: tasks * scriptShare(profile), tasks, longest, whole };
}

/** The processor time of the longest task of a page's main thread, in milliseconds. */
function longestTask({ traceEvents }) {
  const placeOf = ({ pid, tid }) => `${pid} ${tid}`;
  const names = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === MAIN_THREAD);
  const mains = new Set(names.map(placeOf));
  const tasks = traceEvents.filter((event) => event.name === TASK && mains.has(placeOf(event)));
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
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

/** Everything that a page loads but its data, as `{ path, body }`. */
export async function loaded(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const answers = [];
  page.on('response', (response) => {
    const { pathname: path } = new URL(response.url());
    if (response.ok() && !path.includes('/api/')) answers.push({ path, response });
  });
  await page.goto(address, { waitUntil: 'networkidle' });
  const files = await Promise.all(answers.map(async ({ path, response }) => ({ path, body: await response.body() })));
  await context.close();
  return files;
}
