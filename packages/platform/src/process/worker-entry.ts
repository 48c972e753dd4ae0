import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The file of a thread or process: next to the bundle in dist/, or next to the module in a source tree if this Node
 * reads TypeScript (22.18 and later).
 * @param name without extension; scripts/build.ts lists it
 * @param module `import.meta.url` of a module in the same folder
 * @returns null if there is nothing to start from
 */
export function workerEntry(name: string, module: string): URL | null {
  const isSource = module.endsWith('.ts');
  const isReadable = !isSource || ('typescript' in process.features && Boolean(process.features.typescript));
  const entry = new URL(`./${name}${isSource ? '.ts' : '.js'}`, module);
  return isReadable && existsSync(fileURLToPath(entry)) ? entry : null;
}
