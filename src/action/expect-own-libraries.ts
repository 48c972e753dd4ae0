import { realpath } from 'node:fs/promises';
import { UserError } from '@shadow-gate/platform';
import { isInside } from '@shadow-gate/platform/files';
import type { Workspace } from '../github/approved/index.ts';
import type { ActionRun } from './action-run.ts';

/** Libraries are loaded into the process: none may come from a change. @throws UserError for one in the workspace */
export async function expectOwnLibraries(run: ActionRun, { folder, alias = folder }: Workspace): Promise<void> {
  if (!('cudaLibraries' in run) || run.cudaLibraries.kind !== 'folder') return;
  const { path } = run.cudaLibraries;
  const places = await Promise.all([path, folder, alias].map((place) => realpath(place).catch(() => place)));
  const [real = path, ...workspaces] = places;
  if (![folder, alias, ...workspaces].some((workspace) => isInside(path, workspace) || isInside(real, workspace)))
    return;
  throw new UserError(
    `the input cuda-libraries is ${path}, inside the workspace, where a change can bring libraries of its own`,
    'put them into a folder of the machine, or into the temporary folder of the runner',
  );
}
