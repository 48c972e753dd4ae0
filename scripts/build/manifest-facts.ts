import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * esbuild plugin: only the version and homepage of our own package.json enter the bundle, so a bump of a development
 * dependency does not change dist/.
 */
export function manifestFacts(root: string): Plugin {
  const manifest = join(root, 'package.json');
  return {
    name: 'manifest-facts',
    setup(build) {
      build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path }) => {
        if (path !== manifest) return undefined;
        const { version, homepage } = JSON.parse(await readFile(path, 'utf8'));
        return { contents: JSON.stringify({ version, homepage }), loader: 'json' };
      });
    },
  };
}
