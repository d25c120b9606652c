/** Serves pages and answers their questions with what the bench wants: those of Regain from the build, those of others from their server. */
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { extname, join } from 'node:path';

const DIST = join(import.meta.dirname, '../dist');
const MIME = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** What queries are answered with unless told otherwise. */
const SMALL = Buffer.from(
  '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1790000000,"1"],[1790000015,"2"]]}]}}',
);
const NOTHING = '{"status":"success","data":{}}';
/** A page with nothing on it, to start from. */
export const EMPTY = '/empty';

export class Stand {
  /** Answers by the endpoint's name; queries have one of their own. */
  answers = { query: SMALL, query_range: SMALL };
  #upstream;
  #server = createServer((request, response) => this.#serve(request, response));

  /** With an upstream's port, whatever has no answer here comes from there. */
  constructor(upstream) {
    this.#upstream = upstream;
  }

  /** The address that it listens at. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(request, response) {
    const path = new URL(request.url, 'http://stand').pathname;
    const endpoint = /\/api\/v1\/(.*)$/.exec(path)?.[1];
    if (path === EMPTY) send(response, 'text/html', '<!doctype html><title>empty</title>');
    else if (endpoint in this.answers) send(response, 'application/json', this.answers[endpoint]);
    else if (this.#upstream !== undefined) this.#forward(request, response);
    else if (endpoint !== undefined) send(response, 'application/json', NOTHING);
    else if (extname(path) in MIME) send(response, MIME[extname(path)], readFileSync(join(DIST, path)));
    else send(response, 'text/html', readFileSync(join(DIST, 'index.html')));
  }

  #forward(request, response) {
    const { method, url: path, headers } = request;
    const onward = ask({ host: '127.0.0.1', port: this.#upstream, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

function send(response, type, body) {
  response.writeHead(200, { 'content-type': type }).end(body);
}
