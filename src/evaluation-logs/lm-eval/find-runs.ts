import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { UserError } from '../../platform/user-error.ts';

/** The files of one run of lm-evaluation-harness. */
export interface RunFiles {
  /** Path relative to the folder that was searched, which errors name. */
  readonly results: string;
  /** By task; relative too. */
  readonly samples: ReadonlyMap<string, string>;
}

const HINT = "give the folder that lm_eval wrote with '--output_path … --log_samples'";
const RESULTS = /^results_(?<date>.+)\.json$/;
const SAMPLES = /^samples_.+\.jsonl$/;

/**
 * Search a folder, and those in it, for runs: `results_DATE.json`, and beside it `samples_TASK_DATE.jsonl` of every task.
 * Links are not followed.
 * @throws UserError if there is no run, or a samples file of none
 */
export async function findRuns(folder: string): Promise<RunFiles[]> {
  const files = await filesIn(folder);
  const results = files.filter(({ name }) => RESULTS.test(name));
  if (results.length === 0) throw new UserError(`${folder} has no results_….json of lm-evaluation-harness`, HINT);
  const samples = files.filter(({ name }) => SAMPLES.test(name));
  const runs = results.map(({ parent, name }) => {
    const end = `_${RESULTS.exec(name)?.groups?.date}.jsonl`;
    const own = samples.filter((file) => file.parent === parent && file.name.endsWith(end));
    const taskOf = (file: FoundFile) => file.name.slice('samples_'.length, -end.length);
    return {
      results: join(parent, name),
      samples: new Map(own.map((file) => [taskOf(file), join(parent, file.name)])),
    };
  });
  const known = new Set(runs.flatMap((run) => [...run.samples.values()]));
  const stray = samples.map(({ parent, name }) => join(parent, name)).find((path) => !known.has(path));
  if (stray !== undefined) {
    throw new UserError(
      `${join(folder, stray)} belongs to no results file beside it`,
      'copy the whole folder of the run',
    );
  }
  return runs;
}

interface FoundFile {
  /** Relative to the folder that was searched. */
  readonly parent: string;
  readonly name: string;
}

async function filesIn(folder: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new UserError(`${folder} does not exist`, HINT);
      if (error.code === 'ENOTDIR') throw new UserError(`${folder} is not a folder`, HINT);
      throw error;
    },
  );
  const root = join(folder, sep).length;
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ parent: join(parentPath, sep).slice(root), name }))
    .sort((a, b) => (join(a.parent, a.name) < join(b.parent, b.name) ? -1 : 1));
}
