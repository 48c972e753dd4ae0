// Builds the packages as they are published: JavaScript and types side by side, README, license, and a manifest whose
// entries name them. Usage: npx tsx scripts/build/packages.ts --outdir DIR [--repository OWNER/NAME]; then
// `npm pack DIR/spectra` or `npm publish DIR/spectra`.
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readWorkspaces } from '../workspaces.ts';
import { withDraft } from './bundle.ts';
import { tsc } from './tsc.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: 'string' }, repository: { type: 'string' } } });
if (values.outdir === undefined) throw new Error('--outdir is missing');
const outdir = resolve(values.outdir);

await withDraft(outdir, async (draft) => {
  tsc(root, '-b');
  for (const workspace of readWorkspaces(root).folders) {
    const from = join(root, workspace);
    const to = join(draft, workspace.replace('packages/', ''));
    await mkdir(to);
    tsc(
      root,
      '-p',
      from,
      '--outDir',
      to,
      '--emitDeclarationOnly',
      'false',
      '--declaration',
      'true',
      '--composite',
      'false',
      '--incremental',
      'false',
    );
    await cp(join(from, 'README.md'), join(to, 'README.md'));
    await cp(join(root, 'LICENSE'), join(to, 'LICENSE'));
    const manifest = withPublishedEntries(await readJson(join(from, 'package.json')), values.repository);
    await writeFile(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  await rm(outdir, { recursive: true, force: true });
  await rename(draft, outdir);
});

interface Manifest {
  readonly homepage: string;
  readonly repository: { readonly url: string };
  readonly exports: Readonly<Record<string, string>>;
  readonly scripts?: unknown;
}

/** Entries are JavaScript with its types. npm compares `repository` with where a provenance was signed. */
function withPublishedEntries({ scripts: _, ...manifest }: Manifest, name: string | undefined): object {
  const homepage = name === undefined ? manifest.homepage : `https://github.com/${name}`;
  const entries = Object.entries(manifest.exports).map(([entry, source]) => {
    const path = source.replace(/\.ts$/, '');
    return [entry, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  return {
    ...manifest,
    homepage,
    repository: { ...manifest.repository, url: `git+${homepage}.git` },
    exports: Object.fromEntries(entries),
  };
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8'));
}
