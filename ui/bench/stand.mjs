/** Serves pages and answers their queries with what the bench wants: the built pages, or those of another server that is asked for them. */
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { extname, join } from 'node:path';

const DIST = join(import.meta.dirname, '../dist');
const MIME = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const SMALL = Buffer.from('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1790000000,"1"],[1790000015,"2"]]}]}}');

export class Stand {
  /** What the next queries are answered with. */
  answer = SMALL;
  #server;
  #other;

  /** `other` is the address of a server whose pages are served instead of the built ones. */
  constructor(other) {
    this.#other = other;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset() {
    this.answer = SMALL;
  }

  #serve(request, response) {
    const path = new URL(request.url, 'http://stand').pathname;
    if (/\/api\/v1\/query(_range)?$/.test(path)) response.writeHead(200, { 'content-type': 'application/json' }).end(this.answer);
    else if (this.#other !== undefined) this.#forward(request, response);
    else if (path.startsWith('/api/')) response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success","data":{}}');
    else if (extname(path) in MIME) this.#file(path, response);
    else response.writeHead(200, { 'content-type': 'text/html' }).end(readFileSync(join(DIST, 'index.html')));
  }

  #forward(request, response) {
    const onward = ask(this.#other + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  }

  #file(path, response) {
    try {
      response.writeHead(200, { 'content-type': MIME[extname(path)] }).end(readFileSync(join(DIST, path)));
    } catch {
      response.writeHead(404).end();
    }
  }
}
