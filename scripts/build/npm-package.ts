// Assembles the npm package: the command line with all its packages in one bundle, and a manifest whose only dependency
// is onnxruntime-node, which has the library for each platform. Usage: npx tsx scripts/build/npm-package.ts --outdir
// DIR [--repository OWNER/NAME]; then `npm pack DIR` or `npm publish DIR`.
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, COMMAND_LINE, withDraft } from './bundle.ts';
import { onnxruntimeInPackage } from './onnxruntime.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string' }, repository: { type: 'string' } } });
if (values.outdir === undefined) throw new Error('--outdir is missing');
const outdir = resolve(values.outdir);

const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const homepage = values.repository === undefined ? own.homepage : `https://github.com/${values.repository}`;

/** Everything but onnxruntime is in the bundle. npm compares `repository` with where a provenance was signed. */
const manifest = {
  name: own.name,
  version: own.version,
  description: own.description,
  keywords: ['llm', 'language-model', 'evaluation', 'benchmark', 'contamination', 'ci', 'safetensors', 'onnxruntime'],
  author: own.author,
  homepage: `${homepage}#readme`,
  repository: { type: 'git', url: `git+${homepage}.git` },
  bugs: `${homepage}/issues`,
  license: own.license,
  type: own.type,
  engines: own.engines,
  bin: own.bin,
  files: ['dist'],
  dependencies: { 'onnxruntime-node': own.dependencies['onnxruntime-node'] },
};

await withDraft(outdir, async (draft) => {
  const dist = join(draft, 'dist');
  await mkdir(dist);
  await bundle(dist, { root, entries: COMMAND_LINE, onnxruntime: onnxruntimeInPackage() });
  // npm adds these three to `files` itself.
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) await cp(join(root, file), join(draft, file));
  await writeFile(join(draft, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(outdir, { recursive: true, force: true });
  await rename(draft, outdir);
});
