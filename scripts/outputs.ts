// All outputs of some two hundred checks: npx tsx scripts/outputs.ts OUT. A change that should change none writes them
// before and after, and `diff -r` says what changed.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [out] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: npx tsx scripts/outputs.ts OUT');
  process.exit(2);
}

// Within the repository, so that packages which are not bundled are found.
const folder = await mkdtemp(join(ROOT, 'node_modules/.outputs-'));
try {
  const outfile = join(folder, 'write.mjs');
  await build({
    entryPoints: [join(ROOT, 'scripts/outputs/write.ts')],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' },
    // Packages of others stay where they are.
    plugins: [
      {
        name: 'others',
        setup(plugin) {
          plugin.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@shadow-gate/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  execFileSync(process.execPath, [outfile, resolve(out)], { stdio: 'inherit' });
} finally {
  await rm(folder, { recursive: true });
}
