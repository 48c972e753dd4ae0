import { posix } from 'node:path';
import { isHubPath } from '@shadow-gate/checkpoints/hub';
import type { ChangedInput } from '../compare/finding.ts';
import type { ApprovedFiles, Standing } from '../github/approved/index.ts';

/** Workspace paths that a verdict depends on, besides policy and baseline. */
export interface NamedPaths {
  readonly reference?: string | null | undefined;
  readonly tokenizer?: string | undefined;
  /** A pull request could write any answers into logs. */
  readonly logs?: string | undefined;
  readonly workflow?: string | null | undefined;
}

/** Changes to what a workflow names, to the workflow and to what it calls: all are used as checked out. */
export async function listChangedInputs(files: ApprovedFiles, paths: NamedPaths): Promise<ChangedInput[]> {
  const changes: ChangedInput[] = [];
  for (const input of ['reference', 'tokenizer', 'logs'] as const) {
    const path = paths[input] ?? null;
    if (path === null || isHubPath(path)) continue;
    const standing = await files.standingOf(path, input);
    if (standing === null || standing.change === null) continue;
    const { change } = standing;
    changes.push({ level: 'inconclusive', input, change, path, base: files.short, counts: 'change' });
  }
  return [...changes, ...(await changedWorkflow(files, paths.workflow ?? null))];
}

const WORKFLOWS = '.github/workflows';
const ACTIONS = '.github/actions';

/**
 * Changes to any workflow or action of the repository (one can call another, and a job can take the name of the
 * gate's), and to called local actions elsewhere. This only warns: the settings of a run cannot be compared, and a pull
 * request must be able to improve its workflow.
 * @param workflow null if its file belongs to another repository
 */
async function changedWorkflow(files: ApprovedFiles, workflow: string | null): Promise<ChangedInput[]> {
  const changes: ChangedInput[] = [];
  const paths = new Set([...(workflow === null ? [] : [workflow]), WORKFLOWS, ACTIONS]);
  // Iterating a Set also visits values added during the loop.
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
  // A changed file inside a folder tells more than the folder.
  return changes.filter(({ path }) => !changes.some((other) => other.path !== path && isIn(path, other.path)));
}

const isIn = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** A call of a local action or workflow. The text is approved, so a regular expression is enough. */
const USES = /\buses["']?\s*:\s*["']?\.\/([^\s"'#,}\]]*)/g;

/** Paths that an unchanged workflow or action calls, read at the base commit. */
async function calledBy(files: ApprovedFiles, base: Standing['base'], path: string): Promise<string[]> {
  if (base?.kind === 'folder') return path === WORKFLOWS || path === ACTIONS ? [] : manifestsOf(path);
  if (base?.kind !== 'file' || !/\.ya?ml$/.test(path)) return [];
  const text = await files.textOf(base, path, 'workflow');
  return [...text.matchAll(USES)].flatMap(([, called = '']) => {
    const target = posix.normalize(called).replace(/\/$/, '');
    // The repository itself is an action.
    return target === '.' ? manifestsOf('') : target.startsWith('..') ? [] : [target];
  });
}

const manifestsOf = (folder: string): string[] => ['action.yml', 'action.yaml'].map((name) => posix.join(folder, name));
