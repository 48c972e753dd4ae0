import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';

type Output = Metafile['outputs'][string];

/** How `bundle` lets esbuild name the chunks that entry points share. */
const HASHED = /shared-[A-Z0-9]{8}\.js/g;

/**
 * Name shared chunks after what they contain instead of a hash, which changes with every build: git then stores a new
 * build as a small difference from the one before (decisions/028-dist.md).
 * @param outdir what esbuild has written
 */
export async function nameChunks(outdir: string, { outputs }: Metafile): Promise<void> {
  const names = chunkNames(outputs);
  for (const file of await readdir(outdir)) {
    if (!file.endsWith('.js')) continue;
    const path = join(outdir, file);
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(HASHED, (name) => names.get(name) ?? name),
    );
    await rename(path, join(outdir, names.get(file) ?? file));
  }
}

/** @returns new names by those that esbuild chose, each of them once */
export function chunkNames(outputs: Metafile['outputs']): Map<string, string> {
  const chunks = Object.entries(outputs)
    .map(([file, output]) => ({
      file: basename(file),
      name: nameOf(output),
      inputs: Object.keys(output.inputs).join(),
    }))
    .filter(({ file }) => file.startsWith('shared-'))
    .sort((a, b) => compareText(a.inputs, b.inputs));
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { file, name } of chunks) {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    names.set(file, `shared-${name}${count === 1 ? '' : `-${count}`}.js`);
  }
  return names;
}

/** Package or first folder, and file, of what a chunk is loaded for, or else of the largest file in it. */
function nameOf({ entryPoint, inputs }: Output): string {
  const [largest] = Object.entries(inputs).sort(
    ([a, { bytesInOutput: bytesOfA }], [b, { bytesInOutput: bytesOfB }]) => bytesOfB - bytesOfA || compareText(a, b),
  );
  const path = entryPoint ?? largest?.[0] ?? 'empty';
  const parts = path
    .replace(/^.*node_modules\//, '')
    .replace(/\.[cm]?[jt]s$/, '')
    .split('/')
    .filter((part) => !['packages', 'src', 'lib', 'dist'].includes(part));
  return [...new Set([parts[0], parts.at(-1)])].join('-').replace(/[^\w-]/g, '');
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
