import type { ChangedInput } from '../compare/finding.ts';
import type { ApprovedFiles } from '../github/approved/approved-files.ts';
import { isHubPath } from '../hub/hub-path.ts';

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
 * What a change does to the files that a workflow names, and to the workflow itself. They are used as they are checked
 * out, so that nothing can be concluded once a change has touched them.
 */
export async function changedInputs(files: ApprovedFiles, paths: NamedPaths): Promise<ChangedInput[]> {
  const changes: ChangedInput[] = [];
  for (const input of ['reference', 'tokenizer', 'logs', 'workflow'] as const) {
    const path = paths[input] ?? null;
    if (path === null || isHubPath(path)) continue;
    const standing = await files.standingOf(path, input);
    if (standing === null || standing.change === null) continue;
    if (input === 'workflow' && standing.change === 'unknown') continue;
    changes.push({
      // The settings of a run cannot be compared, and a pull request that improves its workflow has to be possible.
      level: input === 'workflow' ? 'warn' : 'inconclusive',
      input,
      change: standing.change,
      path,
      base: files.short,
      counts: 'change',
    });
  }
  return changes;
}
