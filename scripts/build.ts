// Builds what users run: dist/index.js (the action), dist/post.js (the end of its step), dist/cli.js and, next to them,
// their threads and processes and onnxruntime for Linux x64. Both work on a fresh clone with no install. Usage: npx tsx
// scripts/build.ts [--outdir DIR]
//
// The same sources and lock file give the same bytes: dist/ is committed, and CI compares. Everything is built in a
// folder next to the old one and swapped in at the end: a failing build loses nothing.
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, COMMAND_LINE, withDraft } from './build/bundle.ts';
import { copyOnnxruntime, onnxruntimeBesideBundle } from './build/onnxruntime.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string', default: join(root, 'dist') } } });
const outdir = resolve(values.outdir);

await withDraft(outdir, async (draft) => {
  const entries = { index: 'src/action.ts', post: 'src/action-post.ts', ...COMMAND_LINE };
  await bundle(draft, { root, entries, onnxruntime: onnxruntimeBesideBundle() });
  await copyOnnxruntime(draft);
  await swap(draft, outdir);
});

/** Replace a folder, or put the old one back if that fails half-way. */
async function swap(from: string, to: string): Promise<void> {
  const old = `${from}.old`;
  const hadOld = existsSync(to);
  if (hadOld) await rename(to, old);
  try {
    await rename(from, to);
  } catch (error) {
    if (hadOld) await rename(old, to);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
