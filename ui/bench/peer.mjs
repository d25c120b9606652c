/** Debian's Prometheus with its own pages, as `make bench-ui` unpacks it, and with many targets. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JOBS, targetAddress } from './answers.mjs';

const PEERS = join(import.meta.dirname, '../../target/peers');
const PROGRAM = join(PEERS, 'usr/bin/prometheus');
const ASSETS = join(PEERS, 'usr/share/prometheus/web');
/** Of Debian's own packages, which hold the libraries of the pages. */
const LIBRARY = join(PEERS, 'usr/share/javascript/jquery/jquery.min.js');
const READY_TRIES = 200;
const READY_PAUSE_MS = 100;

/** A running server, or the reason why there is none. */
export async function startPeer(targets) {
  if (!existsSync(PROGRAM)) return { why: 'target/peers has no Prometheus' };
  if (!existsSync(LIBRARY)) return { why: 'target/peers has no libraries for its pages' };
  const directory = mkdtempSync(join(tmpdir(), 'regain-bench-ui-'));
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, configOf(targets));
  const port = await freePort();
  const flags = {
    'config.file': config,
    'storage.tsdb.path': join(directory, 'data'),
    'web.listen-address': `127.0.0.1:${port}`,
    'web.local-assets': ASSETS,
  };
  const program = spawn(
    PROGRAM,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => program.once('exit', resolve));
  // Also where the bench breaks off.
  process.once('exit', () => program.kill());
  const stop = async () => {
    program.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  if (await isReady(port, targetAddress(targets - 1))) return { port, stop };
  await stop();
  return { why: 'it did not start' };
}

/** Targets that nobody can reach and that are not scraped while the bench runs. */
function configOf(count) {
  const jobs = Array.from({ length: JOBS }, (_, job) => {
    const addresses = Array.from({ length: count }, (__, index) => index)
      .filter((index) => index % JOBS === job)
      .map((index) => `'${targetAddress(index)}'`);
    return `- job_name: job-${job}\n  static_configs:\n  - targets: [${addresses.join(', ')}]\n    labels: {zone: eu-west}\n`;
  });
  return `global: {scrape_interval: 10h}\nscrape_configs:\n${jobs.join('')}`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether it answers and has found its last target, which takes it some seconds. */
async function isReady(port, target) {
  for (let tried = 0; tried < READY_TRIES; tried++) {
    // One question after another is the point.
    // oxlint-disable-next-line no-await-in-loop
    if ((await textOf(`http://127.0.0.1:${port}/api/v1/targets`)).includes(target)) return true;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  return false;
}

async function textOf(address) {
  try {
    return await (await fetch(address)).text();
  } catch {
    return '';
  }
}
