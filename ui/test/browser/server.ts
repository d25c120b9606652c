/**
 * Serves the built pages as `crates/web-ui` does, with its Content-Security-Policy, and plays the API behind them. It can fail in the ways
 * that servers and proxies fail.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, relative } from 'node:path';
import { type Answerer, answers, Refusal } from './answers';

const ROOT = join(import.meta.dirname, '../../..');
const DIST = join(ROOT, 'ui/dist');
const POLICY = readFileSync(join(ROOT, 'crates/web-ui/src/content_security_policy.txt'), 'utf8').trim();
const MIME: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

/** How the API behaves. */
export type Mood =
  'well' | 'error 500' | 'half an answer' | 'not JSON' | 'other shape' | 'starting' | 'silent' | 'endless';

/** A request that is no question. */
export interface Change {
  method: string;
  /** Below `/api/v1/`, or with `v2/` in front. */
  endpoint: string;
  body: unknown;
}

export class PlayedServer {
  mood: Mood = 'well';
  names: readonly string[] = ['alpha', 'beta', 'gamma'];
  /** Answers that differ from the usual ones. */
  special: Record<string, Answerer> = {};
  /** Whether the pages are those of a receiver of alerts, as `crates/web-ui` writes it into the document. */
  isReceiver = false;
  /** What the server was told to change. */
  changes: Change[] = [];
  private readonly server: Server;
  /** The built pages by their paths, read once: a build meanwhile must not change them under a test. */
  private readonly files = filesBelow(DIST);
  private readonly prefix: string;

  private constructor(prefix: string) {
    this.prefix = prefix;
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(prefix = ''): Promise<PlayedServer> {
    const played = new PlayedServer(prefix);
    await played.listen(0);
    return played;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Where the pages are. */
  get url(): string {
    return `http://127.0.0.1:${this.port}${this.prefix}`;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  /** Goes away at once, as a server that is killed; `listen` brings it back. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    const path = url.pathname.startsWith(this.prefix) ? url.pathname.slice(this.prefix.length) : url.pathname;
    if (path.startsWith('/api/v1/')) await this.api(path.slice('/api/v1/'.length), url, request, response);
    else if (path.startsWith('/api/v2/')) await this.api(path.slice('/api/'.length), url, request, response);
    else if (path === '/-/ready') response.writeHead(this.mood === 'starting' ? 503 : 200).end();
    else if (extname(path) in MIME) this.file(path, response);
    else this.document(response);
  }

  private file(path: string, response: ServerResponse): void {
    const content = this.files.get(path.slice(1));
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': MIME[extname(path)] }).end(content);
  }

  private document(response: ServerResponse): void {
    const html = this.files.get('index.html')?.toString() ?? 'ui/dist is missing: run `make ui`';
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY });
    const scoped = this.isReceiver ? html.replace('scope" content="server"', 'scope" content="receiver"') : html;
    response.end(scoped.replace('<base href="/" />', `<base href="${this.prefix}/" />`));
  }

  private async api(endpoint: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const body = method === 'GET' ? '' : await bodyOf(request);
    const isChange = method === 'DELETE' || headers['content-type'] === 'application/json';
    if (isChange) this.changes.push({ method, endpoint, body: body === '' ? undefined : JSON.parse(body) });
    const fields = method === 'POST' && !isChange ? new URLSearchParams(body) : url.searchParams;
    const [name, id] = namedIn(endpoint);
    if (id !== undefined) fields.set('id', id);
    const key = isChange ? `${method} ${name}` : name;
    const answerer = this.special[key] ?? answers[key];
    if (this.mood !== 'well') return misbehave(this.mood, response);
    if (answerer === undefined) return void response.writeHead(404).end('404 page not found\n');
    const answer = answerer(fields, this.names);
    if (answer instanceof Refusal) return json(response, answer.status, answer.body);
    // Alertmanager's API has no envelope.
    return json(response, 200, endpoint.startsWith('v2/') ? answer : { status: 'success', data: answer });
  }
}

/** An endpoint with a star for the identifier in it, and the identifier. */
function namedIn(endpoint: string): [name: string, id?: string] {
  const found = /^(v2\/silence|regain\/healing\/runs|regain\/queries)\/([^/]+)(.*)$/.exec(endpoint);
  if (found === null) return [endpoint];
  return [`${found[1]}/*${found[3]}`, decodeURIComponent(found[2] ?? '')];
}

function misbehave(mood: Exclude<Mood, 'well'>, response: ServerResponse): void {
  switch (mood) {
    case 'error 500':
      return json(response, 500, { status: 'error', errorType: 'internal', error: 'the disk is on fire' });
    case 'half an answer':
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"status":"success","data":{"resultType":"vec');
      return;
    case 'not JSON':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><h1>Please log in</h1></body></html>');
      return;
    case 'other shape':
      return json(response, 200, {
        status: 'success',
        data: { activeTargets: 7, resultType: 'vector', result: { no: 'list' } },
      });
    case 'starting':
      response.writeHead(503).end('Service Unavailable');
      return;
    case 'silent':
      return;
    case 'endless':
      endless(response);
  }
}

/** More than any page can hold. */
function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(4_000_000, ' ');
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function filesBelow(root: string): Map<string, Buffer> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(root, path), readFileSync(path)]));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
