// Tries every reader of foreign input with inputs that are nearly right; see docs/lab-notes/fuzzing.md.
// Usage: npm run fuzz -- [--minutes N] [--reader NAME]… [--seed N] [--inputs N] [--list]

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packagesOfOthers } from './build/packages-of-others.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(join(root, 'out'), { recursive: true });
// Inside the repository, where its packages are found.
const folder = await mkdtemp(join(root, 'out', 'fuzz-'));
try {
  await build({
    entryPoints: { main: join(root, 'test/fuzz/main.ts'), worker: join(root, 'test/fuzz/worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins: [packagesOfOthers],
    sourcemap: 'linked',
  });
  const { status } = spawnSync(
    process.execPath,
    ['--enable-source-maps', join(folder, 'main.mjs'), ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
