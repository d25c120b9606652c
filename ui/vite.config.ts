import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { licences } from './build/licences.ts';

/** The server that `npm run dev` asks; `REGAIN=http://127.0.0.1:9190 npm run dev` asks another. */
const server = process.env.REGAIN ?? 'http://127.0.0.1:9090';

export default defineConfig({
  // Relative, so that the pages work below any prefix: the server writes the prefix into <base href>.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [licences(), compress()],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Everything is a file of its own: the Content-Security-Policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/api', '/-/', '/metrics', '/version', '/federate'].map((path) => [
        path,
        { target: server, changeOrigin: true },
      ]),
    ),
  },
});
