/** What is measured: a page of Regain each, and the one of Debian's Prometheus where it has the same. */
import { addressOf, matrix, storage, targets, vector } from './answers.mjs';

const STEP_S = 15;
const TARGETS = 5000;
const RANKED = 1000;
const ROWS = 50_000;
/** What Prometheus' own page shows of each ranking. */
const PEER_RANKED = 10;
/** Nothing may keep a page from answering for longer, in milliseconds. */
const PAUSE_MS = 200;

const count = (amount) => amount.toLocaleString('en');

/** Targets that the peer is started with. */
export const PEER_TARGETS = TARGETS;

/** Script is a budget in milliseconds for the script, pause for the longest task. */
export const CASES = [
  graph(1000, 1000, { script: 300 }),
  graph(10_000, 240),
  graph(10, 11_000),
  {
    name: `a table of ${count(ROWS)} rows`,
    budget: {},
    own: {
      ...query(new URLSearchParams({ 'g0.expr': 'x', 'g0.tab': 'table' }), () => vector(ROWS)),
      isDone: () =>
        [...document.querySelectorAll('.took')].some(({ textContent }) => textContent.includes('50,000 series')),
    },
  },
  {
    name: `Targets with ${count(TARGETS)} targets opens`,
    budget: { pause: PAUSE_MS },
    own: {
      answers: () => ({ targets: targets(TARGETS) }),
      ...opens('/targets', () => document.querySelectorAll('.target').length > 5),
    },
    peer: opens(
      '/classic/targets',
      () => document.readyState === 'complete' && document.querySelectorAll('tbody tr').length >= 5000,
    ),
  },
  {
    name: `Status with ${count(RANKED)} rows in each of 4 lists opens`,
    budget: { pause: PAUSE_MS },
    own: {
      answers: () => ({ 'status/tsdb': storage(RANKED) }),
      ...opens('/tsdb-status?limit=1000', () => document.body?.textContent.includes('handled_9_total')),
    },
    peer: {
      ...opens('/classic/status', () => document.readyState === 'complete'),
      remark: `has ${PEER_RANKED} rows in each`,
    },
  },
];

/** A graph is asked for by the button, with the page already there. */
function graph(series, points, budget = {}) {
  const answer = () => matrix(series, points, STEP_S);
  const said = `${count(series * points)} points`;
  return {
    name: `graph of ${count(series)} series × ${count(points)} points`,
    budget,
    own: {
      ...query(addressOf(points, STEP_S), answer),
      isDone: `[...document.querySelectorAll('.took')].some(({ textContent }) => textContent.includes('${said}'))`,
    },
    peer: {
      answers: (isMeasured) => (isMeasured ? { query_range: answer() } : {}),
      prepare: (page, origin) =>
        page.goto(`${origin}/classic/graph?${peerAddress(points)}`, { waitUntil: 'networkidle' }),
      start: (page) => page.locator('.execute_btn').click(),
      isDone: `document.querySelector('.eval_stats').textContent.includes('series: ${series}') && document.querySelectorAll('.graph svg path').length >= ${series}`,
    },
  };
}

/** Older pages number their tabs. */
function peerAddress(points) {
  const search = addressOf(points, STEP_S);
  search.set('g0.tab', '0');
  return search;
}

function query(search, answer) {
  return {
    answers: (isMeasured) => (isMeasured ? { query: answer(), query_range: answer() } : {}),
    prepare: (page, origin) => page.goto(`${origin}/query?${search}`, { waitUntil: 'networkidle' }),
    start: (page) => page.getByRole('button', { name: 'Run' }).click(),
  };
}

function opens(path, isDone) {
  return { start: (page, origin) => page.goto(origin + path, { waitUntil: 'commit' }), isDone };
}
