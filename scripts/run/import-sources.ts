import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Import names from TypeScript sources of this repository, with the packages of its node_modules.
 * @param {Record<string, string>} sources name → path from the root of the repository
 */
export async function importSources(sources) {
  const outfile = join(root, 'out', `sources-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: Object.entries(sources)
        .map(([name, path]) => `export { ${name} } from ${JSON.stringify(join(root, path))};`)
        .join('\n'),
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile,
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(outfile);
  }
}
