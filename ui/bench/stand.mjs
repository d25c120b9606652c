/** Serves the built pages and answers their queries with what the bench wants. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const DIST = join(import.meta.dirname, '../dist');
const MIME = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const SMALL = Buffer.from('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1790000000,"1"],[1790000015,"2"]]}]}}');
const NOTHING = '{"status":"success","data":{}}';

export class Stand {
  /** What the next queries are answered with. */
  answer = SMALL;
  #server = createServer((request, response) => this.#serve(new URL(request.url, 'http://stand').pathname, response));

  /** The address that it listens at. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(path, response) {
    if (/\/api\/v1\/query(_range)?$/.test(path)) send(response, 'application/json', this.answer);
    else if (path.startsWith('/api/')) send(response, 'application/json', NOTHING);
    else if (extname(path) in MIME) send(response, MIME[extname(path)], readFileSync(join(DIST, path)));
    else send(response, 'text/html', readFileSync(join(DIST, 'index.html')));
  }
}

function send(response, type, body) {
  response.writeHead(200, { 'content-type': type }).end(body);
}
