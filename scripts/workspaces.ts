import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Workspaces {
  /** `packages/spectra` … */
  readonly folders: readonly string[];
  /** The names of the packages that each needs, directly. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
}

/** The packages of the repository and what they need of each other. */
export function readWorkspaces(root: string): Workspaces {
  const read = (folder: string): { workspaces?: string[]; dependencies?: Record<string, string> } =>
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const folders = read('.').workspaces ?? [];
  return { folders, needs: new Map(folders.map((folder) => [folder, Object.keys(read(folder).dependencies ?? {})])) };
}
