import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { BenchmarkGroup, BenchmarkMetric, Benchmarks, BenchmarkTask } from '../benchmarks.ts';
import { openedFilesIn } from '../files-in.ts';
import { joinRuns, type LogRun } from '../join-runs.ts';
import { isoTime } from '../log-json.ts';
import { expectMean } from '../means.ts';
import { type LightevalDetails, readDetails } from './details.ts';
import {
  isLightevalMean,
  type LightevalResults,
  lightevalGeneration,
  lightevalGroupMembers,
  lightevalGroups,
  lightevalMetrics,
  lightevalModel,
  lightevalTaskName,
  lightevalTaskSettings,
  lightevalTasks,
  readLightevalResults,
} from './results.ts';

const HINT = "give the folder that lighteval wrote with '--output-dir … --save-details'";
const RESULTS = /^results_(?<date>\d{4}-\d{2}-\d{2}T.+)\.json$/;
const DETAILS = /^details_(?<task>.+)_(?<date>\d{4}-\d{2}-\d{2}T.+)\.parquet$/;

/**
 * Read the files of lighteval (`--output-dir`, `--save-details`) in a folder; those of one date belong together.
 * @throws UserError naming the file, and the row of details, of the first mistake
 */
export async function readLighteval(folder: string): Promise<Benchmarks> {
  const files = await openedFilesIn(folder, HINT);
  const results = files.flatMap(({ parent, name }) => {
    const date = RESULTS.exec(name)?.groups?.date;
    return date === undefined ? [] : [{ file: join(parent, name), date }];
  });
  if (results.length === 0) throw new UserError(`${folder} has no results_….json of lighteval`, HINT);
  const details = files.flatMap(({ parent, name }): DetailsFile[] => {
    const { task, date } = DETAILS.exec(name)?.groups ?? {};
    return task === undefined || date === undefined ? [] : [{ file: join(parent, name), task, date }];
  });
  const stray = details.find(({ date }) => !results.some((own) => own.date === date));
  if (stray) {
    throw new UserError(`${join(folder, stray.file)} belongs to no results file`, 'copy the whole folder of the run');
  }
  const runs: LogRun[] = [];
  for (const { file, date } of results) {
    runs.push(await readRun(folder, { file, date, details: details.filter((own) => own.date === date) }));
  }
  return joinRuns('lighteval', folder, runs);
}

interface DetailsFile {
  readonly file: string;
  /** Its name in the results file. */
  readonly task: string;
  readonly date: string;
}

interface RunFiles {
  readonly file: string;
  readonly date: string;
  readonly details: readonly DetailsFile[];
}

async function readRun(folder: string, { file, date, details }: RunFiles): Promise<LogRun> {
  const results = await readLightevalResults(folder, file);
  const keys = lightevalTasks(results);
  if (keys.length === 0) throw new UserError(`${join(folder, file)} has no results of any task`, 'run the tasks again');
  const stray = details.find(({ task }) => !keys.includes(task));
  if (stray) {
    throw new UserError(
      `${join(folder, stray.file)} has details of ${stray.task}, and ${file} has no results of it`,
      'copy the whole folder of the run',
    );
  }
  const tasks: BenchmarkTask[] = [];
  for (const key of keys) {
    const own = details.filter(({ task }) => task === key);
    const [first, second] = own;
    if (second) {
      throw new UserError(`${join(folder, second.file)} is not the only file of ${key}`, 'give the files of one run');
    }
    tasks.push(await readTask(folder, first?.file, results, key));
  }
  const { lighteval_sha: version } = results.config_general;
  return {
    file,
    model: lightevalModel(results),
    // A commit if lighteval ran from a repository.
    version: version === '?' ? null : (version ?? null),
    // `2026-11-26T19-26-34.254140`, in the unknown time zone of the machine.
    time: isoTime(`${date.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')}Z`),
    tasks,
    groups: lightevalGroups(results).map((key) => readGroup(results, key)),
  };
}

async function readTask(
  folder: string,
  file: string | undefined,
  results: LightevalResults,
  key: string,
): Promise<BenchmarkTask> {
  const settings = lightevalTaskSettings(results, key);
  const metrics = lightevalMetrics(results, key);
  if (file === undefined) return { ...settings, repeats: 1, metrics, documents: null };
  const { systemInstruction } = settings;
  const generation = lightevalGeneration(results);
  const details = await readDetails(folder, file, { metrics, systemInstruction, generation });
  metrics.forEach((metric, i) => {
    if (isLightevalMean(results, key, metric.metric)) expectMean(metric, details.documents, i, join(folder, file));
  });
  const outputType = details.isChoice ? 'multiple_choice' : 'generate_until';
  const marked = details.repeats === 1 ? metrics : withSamples(metrics, details);
  return { ...settings, outputType, repeats: details.repeats, metrics: marked, documents: [...details.documents] };
}

const SAMPLED = /^(?<name>avg|pass|m?g-pass)@(?:(?:n|k):)?(?<rest>.*)$/;

/**
 * Metrics of several answers, by their names: `avg@n:n=8`, and `pass@k:k=1&n=8` or `pass@1:8_samples`, are shares of
 * right ones; pass@k of more and `g-pass@4_0.5` follow from pass@1. Others stay as they are.
 */
function withSamples(metrics: readonly BenchmarkMetric[], { documents, repeats }: LightevalDetails): BenchmarkMetric[] {
  const isShare = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;
  const marked = metrics.map((metric, i): BenchmarkMetric => {
    const { name, rest = '' } = SAMPLED.exec(metric.metric)?.groups ?? {};
    if (name === undefined || !documents.every(({ values }) => isShare(values[i]))) return metric;
    const [, n, samples] = /(?:^|&)n=(\d+)|:(\d+)_samples/.exec(rest) ?? [];
    const of = Number(n ?? samples ?? repeats);
    const isOfOne = name === 'avg' || (name === 'pass' && /^(k=1|1)(\D|$)/.test(rest));
    return { ...metric, ofSamples: isOfOne ? 'share' : 'estimate', ...(of === repeats ? {} : { samples: of }) };
  });
  const isPass = ({ metric, ofSamples }: BenchmarkMetric) => metric.startsWith('pass@') && ofSamples === 'share';
  if (!marked.some(isPass)) return marked;
  return marked.map((metric) => (metric.ofSamples === 'estimate' ? { ...metric, ofSamples: 'redundant' } : metric));
}

function readGroup(results: LightevalResults, key: string): BenchmarkGroup {
  return {
    name: lightevalTaskName(results, key),
    alias: null,
    version: null,
    members: lightevalGroupMembers(results, key).map((task) => lightevalTaskName(results, task)),
    metrics: lightevalMetrics(results, key),
  };
}
