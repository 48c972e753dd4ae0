import { basename, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { BenchmarkGroup, Benchmarks, BenchmarkTask } from '../benchmarks.ts';
import { joinRuns, type LogRun } from '../join-runs.ts';
import { isoTime } from '../log-json.ts';
import { expectMean } from '../means.ts';
import { findRuns, type RunFiles } from './find-runs.ts';
import {
  isLmEvalMean,
  type LmEvalResults,
  lmEvalGroups,
  lmEvalMetrics,
  lmEvalModel,
  lmEvalTaskConfig,
  lmEvalTaskSettings,
  lmEvalTasks,
  lmEvalTaskVersion,
  readLmEvalResults,
} from './results.ts';
import { metricsOfSamples, sampleReadings } from './sampled-answers.ts';
import { readLmEvalSamples } from './samples.ts';

/**
 * Read the files of lm-evaluation-harness (`--output_path`, `--log_samples`) in a folder: results of one model.
 * @throws UserError naming the file, and the line of samples, of the first mistake
 */
export async function readLmEval(folder: string): Promise<Benchmarks> {
  const runs: LogRun[] = [];
  for (const files of await findRuns(folder)) runs.push(await readRun(folder, files));
  return joinRuns('lm-evaluation-harness', folder, runs);
}

async function readRun(folder: string, files: RunFiles): Promise<LogRun> {
  const results = await readLmEvalResults(folder, files.results);
  const names = lmEvalTasks(results);
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
  return {
    file: files.results,
    model: lmEvalModel(results, basename(folder)),
    version: results.lm_eval_version ?? null,
    time: isoTime((results.date ?? Number.NaN) * 1000),
    tasks,
    groups: lmEvalGroups(results).map((name) => readGroup(results, name)),
  };
}

async function readTask(
  folder: string,
  file: string | undefined,
  results: LmEvalResults,
  name: string,
): Promise<BenchmarkTask> {
  const settings = lmEvalTaskSettings(results, name);
  const metrics = lmEvalMetrics(results, name);
  const config = lmEvalTaskConfig(results, name);
  const repeats = results.configs[name]?.repeats ?? 1;
  if (file === undefined) return { ...settings, repeats, metrics, documents: null };
  const { outputType } = settings;
  const documents = results['n-samples']?.[name]?.effective ?? null;
  const readings = config !== null && repeats > 1 ? sampleReadings(config) : [];
  const samples = await readLmEvalSamples(folder, file, { task: name, metrics, outputType, documents, readings });
  metrics.forEach((metric, i) => {
    if (isLmEvalMean(results, name, metric.metric)) expectMean(metric, samples.documents, i, join(folder, file));
  });
  const isSampled = samples.repeats > 1 && config !== null;
  const own = isSampled ? metricsOfSamples(metrics, config, samples) : { metrics, documents: samples.documents };
  return { ...settings, repeats: samples.repeats, metrics: [...own.metrics], documents: [...own.documents] };
}

function readGroup(results: LmEvalResults, name: string): BenchmarkGroup {
  return {
    name,
    alias: results.results[name]?.alias ?? null,
    version: lmEvalTaskVersion(results, name),
    members: results.group_subtasks?.[name] ?? [],
    metrics: lmEvalMetrics(results, name),
  };
}
