import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_FILE } from '../../policy/load.ts';

/** The files that `init` writes, relative to the root of the repository. */
export const WORKFLOW_FILE = '.github/workflows/shadow-gate.yml';
export const POLICY_FILE = DEFAULT_FILE;
export const BASELINE_FILE = '.shadow-gate/baseline.json';

/** Workflows that use this action, of any owner, relative to the root. */
export async function ourWorkflows(root: string): Promise<string[]> {
  const folder = '.github/workflows';
  const names = (await readdir(join(root, folder)).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort();
  const found: string[] = [];
  for (const name of names) {
    const text = await readFile(join(root, folder, name), 'utf8').catch(() => '');
    if (OURS.test(text)) found.push(`${folder}/${name}`);
  }
  return found;
}

const OURS = /^\s*(?:-\s+)?uses:\s*['"]?[^\s'"@]*\/shadow-gate(?:\/[^\s'"@]*)?@/m;

export const isThere = (root: string, path: string): boolean => existsSync(join(root, path));
