import { isDeepStrictEqual } from 'node:util';
import { UserError } from '@shadow-gate/platform';
import type { BenchmarkGroup, Benchmarks, BenchmarkTask, EvaluatedModel } from './benchmarks.ts';

export interface LogRun {
  /** Relative to the searched folder. */
  readonly file: string;
  readonly model: EvaluatedModel;
  readonly version: string | null;
  /** ISO 8601. */
  readonly time: string | null;
  readonly tasks: readonly BenchmarkTask[];
  readonly groups: readonly BenchmarkGroup[];
}

/** Join runs, at least one. @throws UserError for different models, or a task that was run twice */
export function joinRuns(harness: Benchmarks['harness'], folder: string, runs: readonly LogRun[]): Benchmarks {
  const [first] = runs;
  if (first === undefined) throw new Error('no run');
  const other = runs.find(({ model }) => !isDeepStrictEqual(model, first.model));
  if (other) {
    const problem = `${folder} has runs of different models: ${first.file} and ${other.file}`;
    throw new UserError(problem, 'give the folder of one of them');
  }
  expectDistinct(folder, runs);
  return {
    harness,
    model: first.model,
    runs: runs.map(({ file, version, time }) => ({ file, version, time })),
    tasks: runs.flatMap(({ tasks }) => tasks),
    groups: runs.flatMap(({ groups }) => groups),
  };
}

/** If a task was run twice, only the team knows which run counts. */
function expectDistinct(folder: string, runs: readonly LogRun[]): void {
  const files = new Map<string, string>();
  for (const { file, tasks, groups } of runs) {
    for (const { name } of [...tasks, ...groups]) {
      const other = files.get(name);
      if (other !== undefined) {
        throw new UserError(
          `${folder} has ${name} twice: in ${other} and in ${file}`,
          'move the files of the run that does not count to another folder',
        );
      }
      files.set(name, file);
    }
  }
}
