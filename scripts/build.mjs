// Builds what users run: dist/index.js (the action), dist/cli.js and, beside them, their threads and processes and onnxruntime for
// Linux x64, so that both work on a fresh clone with no install. Usage: node scripts/build.mjs [--outdir DIR]
//
// The same sources and lock file give the same bytes: dist/ is committed, and CI compares. Everything is built in a folder
// beside the old one and swapped in at the end, so that a failing build loses nothing.
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { licensesOf } from './build/licenses.mjs';
import { manifestFacts } from './build/manifest-facts.mjs';
import { copyOnnxruntime, onnxruntimeBesideBundle } from './build/onnxruntime.mjs';
import { withoutUnzipStream } from './build/without-unzip-stream.mjs';
import { withoutXetUpload } from './build/without-xet-upload.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string', default: join(root, 'dist') } } });
const outdir = resolve(values.outdir);

// Some packages are CommonJS: they call `require`, which an ES module does not have.
const REQUIRE = `import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);`;
const HASHBANG = '#!/usr/bin/env node\n';

await mkdir(dirname(outdir), { recursive: true });
const draft = await mkdtemp(join(dirname(outdir), `.${basename(outdir)}-`));
try {
  const { metafile } = await build({
    entryPoints: {
      index: join(root, 'src/action.ts'),
      cli: join(root, 'src/cli.ts'),
      'band-worker': join(root, 'src/spectra/exact/band-worker.ts'),
      'progress-worker': join(root, 'src/cli/progress/progress-worker.ts'),
      'process-bridge': join(root, 'src/platform/process-bridge.ts'),
      'tokenizer-process': join(root, 'src/language-model/tokens/tokenizer-process.ts'),
    },
    outdir: draft,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none', // licenses.txt has the full texts
    chunkNames: 'shared-[hash]',
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
    plugins: [onnxruntimeBesideBundle(), manifestFacts(root), withoutUnzipStream(), withoutXetUpload()],
  });
  const cli = join(draft, 'cli.js');
  await writeFile(cli, HASHBANG + (await readFile(cli, 'utf8')));
  await chmod(cli, 0o755);
  // The folder may be used without the package.json above it.
  await writeFile(join(draft, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(draft, 'licenses.txt'), await licensesOf(metafile, root));
  await copyOnnxruntime(draft);
  await chmod(draft, 0o755);
  await swap(draft, outdir);
} finally {
  await rm(draft, { recursive: true, force: true });
}

/** Replace a folder, or put the old one back if that fails half-way. */
async function swap(from, to) {
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
