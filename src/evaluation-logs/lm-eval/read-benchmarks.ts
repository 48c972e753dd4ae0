import { basename, join } from 'node:path';
import type {
  BenchmarkDocument,
  BenchmarkGroup,
  BenchmarkMetric,
  Benchmarks,
  BenchmarkTask,
} from '../../measure/schema/index.ts';
import { UserError } from '../../platform/user-error.ts';
import type { TaskConfig } from '../../probes/files/lm-eval/index.ts';
import { expectMean } from '../expect-mean.ts';
import { joinRuns, type LogRun } from '../join-runs.ts';
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
import { leavesSamples, metricOfSamples, sampleJudge } from './sampled-answers.ts';
import { readLmEvalSamples } from './samples.ts';

/**
 * Read what lm-evaluation-harness wrote with `--output_path` and `--log_samples`, as the benchmarks of a measurement. Several
 * results files are one measurement if they are of one model and of different tasks.
 * @param folder searched through
 * @throws UserError naming the file, and the line of samples, that cannot be read or does not belong to the rest
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
    time: timeOf(results),
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
  const judge = config !== null && repeats > 1 ? sampleJudge(config) : null;
  const samples = await readLmEvalSamples(folder, file, { task: name, metrics, outputType, documents, judge });
  metrics.forEach((metric, i) => {
    if (isLmEvalMean(results, name, metric.metric)) expectMean(metric, samples.documents, i, join(folder, file));
  });
  const own = { ...settings, repeats: samples.repeats };
  if (samples.repeats === 1 || config === null) return { ...own, metrics, documents: [...samples.documents] };
  const marked = metrics.map((metric, i) => withSamples(metric, config, samples.documents, i));
  const added = marked.some(({ ofSamples }) => ofSamples === 'share')
    ? null
    : metricOfSamples(samples.documents, samples.shares, samples.repeats);
  return added === null
    ? { ...own, metrics: marked, documents: [...samples.documents] }
    : { ...own, metrics: [...marked.map(asEstimate), added.metric], documents: added.documents };
}

/** What a filter makes of the answers that `metricOfSamples` counts one by one. */
function asEstimate(metric: BenchmarkMetric): BenchmarkMetric {
  return metric.metric === 'exact_match' ? { ...metric, ofSamples: 'estimate' } : metric;
}

/** Metrics of all samples of a document, which filters and names say. */
function withSamples(
  metric: BenchmarkMetric,
  config: TaskConfig,
  documents: readonly BenchmarkDocument[],
  index: number,
): BenchmarkMetric {
  const isShare = documents.every(({ values }) => {
    const value = values[index];
    return typeof value === 'number' && value >= 0 && value <= 1;
  });
  const passes = /^pass(?:@|_at_)(?<k>\d+)$/.exec(metric.metric)?.groups?.k;
  const isMean = metric.metric === 'exact_match' && leavesSamples(config, metric.filter);
  if (!isShare || (passes === undefined && !isMean)) return metric;
  return { ...metric, ofSamples: isMean || passes === '1' ? 'share' : 'estimate' };
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

function timeOf({ date }: LmEvalResults): string | null {
  const time = new Date((date ?? Number.NaN) * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
