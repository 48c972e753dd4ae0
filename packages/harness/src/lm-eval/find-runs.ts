import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { type FoundFile, openedFilesIn } from '../files-in.ts';

export interface RunFiles {
  /** Relative to the searched folder. */
  readonly results: string;
  /** Paths of the samples of some tasks, by task; relative, too. */
  readonly samplesOf: (tasks: readonly string[]) => ReadonlyMap<string, string>;
}

const HINT = "give the folder that lm_eval wrote with '--output_path … --log_samples'";
const RESULTS = /^results_(?<date>.+)\.json$/;
/** The name in version 0.4.2, with samples in `MODEL_TASK.jsonl`. */
const OLD_RESULTS = 'results.json';
const SAMPLES = /^samples_.+\.jsonl$/;

/**
 * Search a folder and its subfolders for runs: `results_DATE.json` next to `samples_TASK_DATE.jsonl`, or else files of
 * version 0.4.2. Links are not followed. @throws UserError without a run, or for samples that belong to none
 */
export async function findRuns(folder: string): Promise<RunFiles[]> {
  const files = await openedFilesIn(folder, HINT);
  const results = files.filter(({ name }) => RESULTS.test(name));
  const old = files.filter(({ name }) => name === OLD_RESULTS);
  if (results.length === 0 && old.length > 0) return old.map((file) => oldRun(file, files));
  if (results.length === 0) throw new UserError(`${folder} has no results_….json of lm-evaluation-harness`, HINT);
  const samples = files.filter(({ name }) => SAMPLES.test(name));
  const known = new Set<string>();
  const runs = results.map(({ parent, name }): RunFiles => {
    const end = `_${RESULTS.exec(name)?.groups?.date}.jsonl`;
    const own = samples.filter((file) => file.parent === parent && file.name.endsWith(end));
    const taskOf = (file: FoundFile) => file.name.slice('samples_'.length, -end.length);
    const paths = new Map(own.map((file) => [taskOf(file), join(parent, file.name)]));
    for (const path of paths.values()) known.add(path);
    return { results: join(parent, name), samplesOf: () => paths };
  });
  const stray = samples.map(({ parent, name }) => join(parent, name)).find((path) => !known.has(path));
  if (stray === undefined) return runs;
  const problem = `${join(folder, stray)} belongs to no results file next to it`;
  throw new UserError(problem, 'copy the whole folder of the run');
}

/** Names of files of version 0.4.2 begin with the arguments of the model, and end with the task. */
function oldRun({ parent, name }: FoundFile, files: readonly FoundFile[]): RunFiles {
  const own = files.filter((file) => file.parent === parent && file.name.endsWith('.jsonl'));
  const samplesOf = (tasks: readonly string[]) => {
    const longestFirst = [...tasks].sort((a, b) => b.length - a.length);
    const found = own.flatMap((file) => {
      const task = longestFirst.find((one) => file.name.endsWith(`_${one}.jsonl`));
      return task === undefined ? [] : [[task, join(parent, file.name)] as const];
    });
    const twice = found.find(([task], i) => found.findIndex(([other]) => other === task) < i);
    if (twice === undefined) return new Map(found);
    const problem = `${twice[1]} is not the only file of task ${twice[0]} next to ${name}`;
    throw new UserError(problem, 'give the files of one run');
  };
  return { results: join(parent, name), samplesOf };
}
