import type { Workspaces } from '../workspaces.ts';

/** Changes of these can change any result. */
const OF_ALL =
  /^(package-lock\.json|package\.json|tsconfig[\w.]*\.json|vitest\.config\.ts|scripts\/build\/|test\/[\w-]+\.ts$|test\/fixtures\/)/;

/** Folders with the tests of the gate. */
const GATE = 'test/';
/** The tests of the documentation, a part of them. */
const DOCS = 'test/docs/';

/**
 * The folders whose tests a change can break: the packages that it changes, all packages that need them, and the gate,
 * which needs every package.
 * @param changed paths in the repository
 * @returns for a change of documentation its own tests alone
 */
export function affectedTests(changed: readonly string[], { folders, needs }: Workspaces): string[] {
  const all = [...folders.map((folder) => `${folder}/`), GATE];
  if (changed.some((path) => OF_ALL.test(path))) return all;
  const affected = new Set(
    folders.filter((folder) => changed.some((path) => path.startsWith(`${folder}/`) && !isDocument(path))),
  );
  // Packages are listed lowest first.
  for (const folder of folders) {
    const needed = folders.filter((other) => needs.get(folder)?.includes(other.replace('packages/', '@shadow-gate/')));
    if (needed.some((other) => affected.has(other))) affected.add(folder);
  }
  const isGate =
    affected.size > 0 || changed.some((path) => /^(src|test|scripts|study|action\.yml|examples)/.test(path));
  const ofDocs = !isGate && changed.some((path) => path.startsWith('docs/')) ? [DOCS] : [];
  return [...all.filter((folder) => (folder === GATE ? isGate : affected.has(folder.slice(0, -1)))), ...ofDocs];
}

const isDocument = (path: string): boolean => path.endsWith('.md');
