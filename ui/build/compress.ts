/**
 * Writes each file of the build a second and a third time, as gzip and as brotli, where that is smaller. The server sends these bytes
 * as they are, so it needs no compressor of its own and spends nothing on a page.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(html|js|css|svg|txt|json|webmanifest)$/;

export function compress(): Plugin {
  return {
    name: 'regain:compress',
    apply: 'build',
    async writeBundle(options) {
      const dist = options.dir ?? 'dist';
      const entries = await readdir(dist, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && COMPRESSIBLE.test(entry.name));
      await Promise.all(files.map((entry) => compressFile(join(entry.parentPath, entry.name))));
    },
  };
}

async function compressFile(path: string): Promise<void> {
  const raw = await readFile(path);
  const [gz, br] = await Promise.all([
    promisify(gzip)(raw, { level: 9 }),
    promisify(brotliCompress)(raw, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
    }),
  ]);
  if (gz.length < raw.length) await writeFile(`${path}.gz`, gz);
  if (br.length < raw.length) await writeFile(`${path}.br`, br);
}
