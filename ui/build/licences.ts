/** Collects the licences of everything that the build contains into `assets/third-party-licenses.txt`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const PACKAGE = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

export function licences(): Plugin {
  return {
    name: 'regain:licences',
    apply: 'build',
    generateBundle() {
      const directories = new Set<string>();
      for (const id of this.getModuleIds()) {
        const directory = PACKAGE.exec(id.replace(/^\0/, ''))?.[1];
        if (directory !== undefined) directories.add(directory);
      }
      const texts = [...directories].toSorted().map(licenceOf);
      this.emitFile({ type: 'asset', fileName: 'assets/third-party-licenses.txt', source: texts.join('\n\n') });
    },
  };
}

function licenceOf(directory: string): string {
  const about = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = readdirSync(directory).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text =
    file === undefined
      ? `Licence: ${about.license ?? 'not named'}`
      : readFileSync(join(directory, file), 'utf8').trim();
  return `${about.name} ${about.version}\n${'-'.repeat(72)}\n${text}`;
}
