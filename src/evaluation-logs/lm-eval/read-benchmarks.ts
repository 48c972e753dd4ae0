import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type {
  BenchmarkDocument,
  BenchmarkGroup,
  BenchmarkMetric,
  Benchmarks,
  BenchmarkTask,
} from '../../measure/schema/benchmarks.ts';
import { UserError } from '../../platform/user-error.ts';
import { findRuns, type RunFiles } from './find-runs.ts';
import {
  groupsOf,
  isMean,
  metricsOf,
  modelOf,
  type Results,
  readResults,
  settingsOf,
  tasksOf,
  versionOf,
} from './results.ts';
import { readSamples } from './samples.ts';

/**
 * Read what lm-evaluation-harness wrote with `--output_path` and `--log_samples`, as the benchmarks of a measurement. Several
 * results files are one measurement if they are of one model and of different tasks.
 * @param folder searched through
 * @throws UserError naming the file, and the line of samples, that cannot be read or does not belong to the rest
 */
export async function readLmEval(folder: string): Promise<Benchmarks> {
  const runs = await findRuns(folder);
  const read: Run[] = [];
  for (const files of runs) read.push(await readRun(folder, files));
  const model = oneModel(folder, read);
  expectDistinct(folder, read);
  return {
    harness: 'lm-evaluation-harness',
    model,
    runs: read.map(({ files, results }) => ({
      file: files.results,
      version: results.lm_eval_version ?? null,
      time: timeOf(results),
    })),
    tasks: read.flatMap(({ tasks }) => tasks),
    groups: read.flatMap(({ groups }) => groups),
  };
}

interface Run {
  readonly files: RunFiles;
  readonly results: Results;
  readonly tasks: readonly BenchmarkTask[];
  readonly groups: readonly BenchmarkGroup[];
}

async function readRun(folder: string, files: RunFiles): Promise<Run> {
  const results = await readResults(folder, files.results);
  const names = tasksOf(results);
  const samples = files.samplesOf(names);
  const [stray] = [...samples].filter(([task]) => !names.includes(task));
  if (stray) {
    throw new UserError(
      `${join(folder, stray[1])} has samples of ${stray[0]}, and ${files.results} has no results of it`,
      'copy the whole folder of the run',
    );
  }
  if (names.length === 0) {
    throw new UserError(`${join(folder, files.results)} has no results of any task`, 'run the tasks again');
  }
  const tasks: BenchmarkTask[] = [];
  for (const name of names) tasks.push(await readTask(folder, samples.get(name), results, name));
  return { files, results, tasks, groups: groupsOf(results).map((name) => readGroup(results, name)) };
}

async function readTask(
  folder: string,
  file: string | undefined,
  results: Results,
  name: string,
): Promise<BenchmarkTask> {
  const settings = settingsOf(results, name);
  const metrics = metricsOf(results, name);
  const repeats = results.configs[name]?.repeats ?? 1;
  if (file === undefined) return { ...settings, repeats, metrics, documents: null };
  const { outputType } = settings;
  const documents = results['n-samples']?.[name]?.effective ?? null;
  const samples = await readSamples(folder, file, { task: name, metrics, outputType, documents });
  metrics.forEach((metric, i) => {
    if (isMean(results, name, metric.metric)) expectMean(metric, samples.documents, i, join(folder, file));
  });
  return { ...settings, repeats: samples.repeats, metrics, documents: [...samples.documents] };
}

/** A metric that is declared to be a mean is that of the documents: another one is of another run. */
function expectMean(
  { metric, filter, value }: BenchmarkMetric,
  documents: readonly BenchmarkDocument[],
  index: number,
  file: string,
): void {
  const values = documents.flatMap((document) => document.values[index] ?? []);
  if (value === null || values.length !== documents.length) return;
  const mean = values.reduce((sum, own) => sum + own, 0) / values.length;
  if (Math.abs(mean - value) <= ROUNDING * Math.max(1, Math.abs(value))) return;
  throw new UserError(
    `${file}: the mean of ${metric} (${filter}) is ${mean}, and the results have ${value}`,
    'give the samples and the results of one run',
  );
}

/** Sums of floating-point numbers depend on their order. */
const ROUNDING = 1e-9;

function readGroup(results: Results, name: string): BenchmarkGroup {
  return {
    name,
    alias: results.results[name]?.alias ?? null,
    version: versionOf(results, name),
    members: results.group_subtasks?.[name] ?? [],
    metrics: metricsOf(results, name),
  };
}

function oneModel(folder: string, runs: readonly Run[]): Benchmarks['model'] {
  const models = runs.map(({ results }) => modelOf(results, basename(folder)));
  const [model] = models;
  if (model === undefined) throw new Error('no run');
  const other = models.findIndex((own) => !isDeepStrictEqual(own, model));
  if (other === -1) return model;
  throw new UserError(
    `${folder} has runs of different models: ${runs[0]?.files.results} and ${runs[other]?.files.results}`,
    'give the folder of one of them',
  );
}

/** A task that was run twice: nobody but the team knows which run counts. */
function expectDistinct(folder: string, runs: readonly Run[]): void {
  const files = new Map<string, string>();
  for (const { files: own, tasks, groups } of runs) {
    for (const { name } of [...tasks, ...groups]) {
      const other = files.get(name);
      if (other !== undefined) {
        throw new UserError(
          `${folder} has ${name} twice: in ${other} and in ${own.results}`,
          'move the files of the run that does not count to another folder',
        );
      }
      files.set(name, own.results);
    }
  }
}

function timeOf({ date }: Results): string | null {
  const time = new Date((date ?? Number.NaN) * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
