import type { ChangedInput } from '../compare/finding.ts';
import type { ApprovedFiles } from '../github/approved/index.ts';
import { isHubPath } from '../hub/hub-path.ts';
import { changedWorkflow } from './changed-workflow.ts';

/** What else a verdict depends on, besides policy and baseline: paths of the workspace. */
export interface NamedPaths {
  readonly reference?: string | null | undefined;
  readonly tokenizer?: string | undefined;
  /** Of an evaluation: they can be written with any answers. */
  readonly logs?: string | undefined;
  /** In the repository. */
  readonly workflow?: string | null | undefined;
}

/**
 * What a change does to the files that a workflow names, and to the workflow itself with what it calls. They are used as they are
 * checked out, so that nothing can be concluded once a change has touched them.
 */
export async function listChangedInputs(files: ApprovedFiles, paths: NamedPaths): Promise<ChangedInput[]> {
  const changes: ChangedInput[] = [];
  for (const input of ['reference', 'tokenizer', 'logs'] as const) {
    const path = paths[input] ?? null;
    if (path === null || isHubPath(path)) continue;
    const standing = await files.standingOf(path, input);
    if (standing === null || standing.change === null) continue;
    changes.push({
      ...{ level: 'inconclusive', input, change: standing.change },
      ...{ path, base: files.short, counts: 'change' },
    });
  }
  return [...changes, ...(await changedWorkflow(files, paths.workflow ?? null))];
}
