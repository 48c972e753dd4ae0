import { posix } from 'node:path';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import type { ChangedInput } from '../compare/finding.ts';
import type { ApprovedFiles, Standing } from '../github/approved/index.ts';

/** What else a verdict depends on, besides policy and baseline: paths of the workspace. */
export interface NamedPaths {
  readonly reference?: string | null | undefined;
  readonly tokenizer?: string | undefined;
  /** Logs of an evaluation; a pull request could write any answers into them. */
  readonly logs?: string | undefined;
  /** In the repository. */
  readonly workflow?: string | null | undefined;
}

/**
 * What a change does to the files that a workflow names, and to the workflow itself with what it calls. They are used
 * as they are checked out, so that nothing can be concluded once a change has touched them.
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

const WORKFLOWS = '.github/workflows';
const ACTIONS = '.github/actions';

/**
 * What a change does to the workflow: to its file, to any other workflow or action of the repository, since one calls
 * another and a job can have the name of the gate's, and to local actions elsewhere that are called. The settings of a
 * run cannot be compared, and a pull request that improves its workflow has to be possible: this only warns.
 * @param workflow its file; null if it is one of another repository
 */
async function changedWorkflow(files: ApprovedFiles, workflow: string | null): Promise<ChangedInput[]> {
  const changes: ChangedInput[] = [];
  const paths = new Set([...(workflow === null ? [] : [workflow]), WORKFLOWS, ACTIONS]);
  // A set hands out what is added on the way.
  for (const path of paths) {
    const isCheckedOut = isIn(ACTIONS, path) ? path !== ACTIONS : !isIn(WORKFLOWS, path);
    const standing = await files.standingOf(path, 'workflow', { ofRun: isIn(WORKFLOWS, path) });
    if (standing === null) continue;
    const { base, change } = standing;
    if (change === null) {
      for (const called of await calledBy(files, base, path)) paths.add(called);
    } else if (change !== 'unknown' || isCheckedOut) {
      changes.push({ level: 'warn', input: 'workflow', change, path, base: files.short, counts: 'change' });
    }
  }
  // A folder says less than what is named of it.
  return changes.filter(({ path }) => !changes.some((other) => other.path !== path && isIn(path, other.path)));
}

const isIn = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** A local action or workflow that is called; an approved text is no riddle, so that no parser is needed. */
const USES = /\buses["']?\s*:\s*["']?\.\/([^\s"'#,}\]]*)/g;

/** What something calls that the change does not touch, so that the text of the base commit is that which runs. */
async function calledBy(files: ApprovedFiles, base: Standing['base'], path: string): Promise<string[]> {
  if (base?.kind === 'folder') return path === WORKFLOWS || path === ACTIONS ? [] : manifestsOf(path);
  if (base?.kind !== 'file' || !/\.ya?ml$/.test(path)) return [];
  const text = await files.textOf(base, path, 'workflow');
  return [...text.matchAll(USES)].flatMap(([, called = '']) => {
    const target = posix.normalize(called).replace(/\/$/, '');
    // Everything is in the root of a repository that is itself an action.
    return target === '.' ? manifestsOf('') : target.startsWith('..') ? [] : [target];
  });
}

const manifestsOf = (folder: string): string[] => ['action.yml', 'action.yaml'].map((name) => posix.join(folder, name));
