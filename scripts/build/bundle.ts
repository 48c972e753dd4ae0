import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { nameChunks } from './chunk-names.ts';
import { leftOut } from './left-out.ts';
import { licensesOf } from './licenses.ts';
import { manifestFacts } from './manifest-facts.ts';

/** The command line, and its threads and processes, which it finds next to itself. */
export const COMMAND_LINE = {
  cli: 'src/cli.ts',
  'solver-worker': 'packages/spectra/src/exact/solver-worker.ts',
  'large-worker': 'packages/spectra/src/large/large-worker.ts',
  'progress-worker': 'src/cli/progress/progress-worker.ts',
  'process-bridge': 'packages/platform/src/process/process-bridge.ts',
  'tokenizer-process': 'packages/language-model/src/tokens/tokenizer-process.ts',
};

// Some packages are CommonJS: they call `require`, which an ES module does not have.
const REQUIRE = `import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);`;
const HASHBANG = '#!/usr/bin/env node\n';

interface BundleOptions {
  readonly root: string;
  /** Source files by the name of the file they become. */
  readonly entries: Readonly<Record<string, string>>;
  /** Says where onnxruntime's library is. */
  readonly onnxruntime: Plugin;
}

/** Bundle entry points of the repository with all their packages. */
export async function bundle(outdir: string, { root, entries, onnxruntime }: BundleOptions): Promise<void> {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Identifiers stay: a changed line changes itself, and a stack trace names functions (decisions/028-dist.md).
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none', // licenses.txt has the full texts
    chunkNames: 'shared-[hash]',
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
    plugins: [onnxruntime, manifestFacts(join(root, 'packages/platform')), leftOut()],
  });
  await nameChunks(outdir, metafile);
  const cli = join(outdir, 'cli.js');
  await writeFile(cli, HASHBANG + (await readFile(cli, 'utf8')));
  await chmod(cli, 0o755);
  // The folder may be used without the package.json above it.
  await writeFile(join(outdir, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(outdir, 'licenses.txt'), await licensesOf(metafile, root));
}

/** Make a folder next to its final place, and remove what is left of it at the end. */
export async function withDraft(outdir: string, work: (draft: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(outdir), { recursive: true });
  const draft = await mkdtemp(join(dirname(outdir), `.${basename(outdir)}-`));
  try {
    await chmod(draft, 0o755);
    await work(draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
