import { join } from 'node:path';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type TaskConfig, taskConfigSchema } from '@shadow-gate/probes/files/lm-eval';
import { z } from 'zod';
import { type BenchmarkMetric, type EvaluatedModel, HUB_DATASET } from '../benchmarks.ts';
import { checkedLog, readLogJson } from '../log-json.ts';

const name = z.union([z.string(), z.number()]).nullish();
const record = <T extends z.ZodType>(values: T) => z.record(z.string(), values);

/** The configuration of a task, with all of its YAML. */
const configSchema = z.looseObject({
  output_type: z.string().nullish(),
  repeats: z.int().positive().nullish(),
  dataset_path: z.string().nullish(),
  dataset_kwargs: z.record(z.string(), z.unknown()).nullish(),
  metric_list: z.unknown().optional(),
  filter_list: z.unknown().optional(),
});

/** results_DATE.json. Keys came and went from version to version. */
const resultsSchema = z.looseObject({
  results: record(z.looseObject({ alias: z.string().nullish() })),
  groups: record(z.unknown()).nullish(),
  group_subtasks: record(z.array(z.string())).nullish(),
  configs: record(configSchema),
  versions: record(name),
  'n-shot': record(z.unknown()).nullish(),
  higher_is_better: record(z.unknown()).nullish(),
  'n-samples': record(z.looseObject({ effective: z.int().nonnegative().nullish() })).nullish(),
  config: z.looseObject({
    model: z.string().nullish(),
    model_args: z.union([z.string(), record(z.unknown())]).nullish(),
    model_num_parameters: z.int().nonnegative().nullish(),
    model_dtype: z.string().nullish(),
    model_revision: z.string().nullish(),
    model_sha: z.string().nullish(),
  }),
  date: z.number().nullish(),
  lm_eval_version: z.string().nullish(),
  task_hashes: record(z.string()).nullish(),
  model_name: z.string().nullish(),
  system_instruction_sha: z.string().nullish(),
  fewshot_as_multiturn: z.boolean().nullish(),
  chat_template_sha: z.string().nullish(),
});
export type LmEvalResults = z.infer<typeof resultsSchema>;

const HINT = 'give the files as lm-evaluation-harness wrote them';

/** @throws UserError naming the file and the mistake */
export async function readLmEvalResults(folder: string, file: string): Promise<LmEvalResults> {
  const path = join(folder, file);
  const json = await readLogJson(path, 'measurement', HINT);
  return checkedLog(resultsSchema, json, { where: path, what: 'a results file of lm-evaluation-harness', hint: HINT });
}

/** Names of the groups: rows that are aggregates of other rows. */
export function lmEvalGroups({ results, groups, group_subtasks: members }: LmEvalResults): string[] {
  const isGroup = (key: string) => Object.hasOwn(groups ?? {}, key) || (members?.[key] ?? []).length > 0;
  return Object.keys(results).filter(isGroup);
}

export function lmEvalTasks(results: LmEvalResults): string[] {
  const groups = new Set(lmEvalGroups(results));
  return Object.keys(results.results).filter((key) => !groups.has(key));
}

/** Every metric and filter of a task or group: keys `metric,filter` and `metric_stderr,filter`. */
export function lmEvalMetrics({ results, higher_is_better: better }: LmEvalResults, task: string): BenchmarkMetric[] {
  const row = results[task] ?? {};
  return Object.keys(row).flatMap((key) => {
    const comma = key.indexOf(',');
    const [metric, filter] = [key.slice(0, comma), key.slice(comma + 1)];
    const isStderr =
      metric.endsWith('_stderr') && Object.hasOwn(row, `${metric.slice(0, -'_stderr'.length)},${filter}`);
    if (comma <= 0 || isStderr) return [];
    const value = numberOf(row[key]);
    const stderr = numberOf(row[`${metric}_stderr,${filter}`]);
    return [{ metric, filter, value, stderr, higherIsBetter: flagOf(better?.[task], metric) }];
  });
}

/** A missing number is written "N/A". */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function flagOf(flags: unknown, metric: string): boolean | null {
  const flag = typeof flags === 'object' && flags !== null ? (flags as Record<string, unknown>)[metric] : null;
  return typeof flag === 'boolean' ? flag : null;
}

export function lmEvalTaskSettings(results: LmEvalResults, task: string) {
  const config = results.configs[task];
  const shots = results['n-shot']?.[task];
  return {
    name: task,
    alias: results.results[task]?.alias ?? null,
    version: lmEvalTaskVersion(results, task),
    shots: typeof shots === 'number' && Number.isInteger(shots) && shots >= 0 ? shots : null,
    hash: results.task_hashes?.[task] ?? null,
    outputType: config?.output_type ?? null,
    scoring: scoringOf(config),
    chatTemplate: results.chat_template_sha ?? null,
    systemInstruction: results.system_instruction_sha ?? null,
    multiturn: results.fewshot_as_multiturn ?? null,
    ...datasetOf(config),
  };
}

/** Local files are read by a builder such as `json`, or are given as `data_files` or `data_dir`. */
function datasetOf(config: LmEvalResults['configs'][string] | undefined) {
  const { dataset_path: path = null, dataset_kwargs: given } = config ?? {};
  const isOwn = ['data_files', 'data_dir'].some((key) => (given?.[key] ?? null) !== null);
  return path !== null && !isOwn && HUB_DATASET.test(path) ? { dataset: path } : {};
}

/** How the task reads and judges answers; null unless the file has it in the form of a task. */
export function lmEvalTaskConfig({ configs }: LmEvalResults, task: string): TaskConfig | null {
  const parsed = taskConfigSchema.safeParse(configs[task]);
  return parsed.success ? parsed.data : null;
}

export function lmEvalTaskVersion({ versions }: LmEvalResults, task: string): string | null {
  const version = versions[task] ?? null;
  return version === null ? null : String(version);
}

export function isLmEvalMean({ configs }: LmEvalResults, task: string, metric: string): boolean {
  const list = configs[task]?.metric_list;
  if (!Array.isArray(list)) return false;
  return list.some((entry) => entry?.metric === metric && entry?.aggregation === 'mean');
}

function scoringOf(config: LmEvalResults['configs'][string] | undefined): string {
  const { output_type: type, metric_list: metrics, filter_list: filters, repeats } = config ?? {};
  // Functions of Python are written with their address, which differs in each run.
  return sha256(canonicalJson([type, metrics, filters, repeats]).replace(/ at 0x[0-9a-f]+/g, ''));
}

/** @param folder names the model if the file does not */
export function lmEvalModel({ config, model_name: name }: LmEvalResults, folder: string): EvaluatedModel {
  const { model_args: given } = config;
  const revision = config.model_revision ?? argumentOf(given, 'revision');
  const sha = config.model_sha ?? null;
  return {
    name: name ?? argumentOf(given, 'pretrained') ?? argumentOf(given, 'model') ?? folder,
    source: config.model ?? null,
    revision,
    sha: sha === '' ? null : sha,
    dtype: config.model_dtype ?? argumentOf(given, 'dtype'),
    parameters: config.model_num_parameters ?? null,
    adapter: argumentOf(given, 'peft'),
  };
}

/** Versions write the arguments of the model as an object, or as given: `pretrained=…,dtype=…`. */
function argumentOf(given: LmEvalResults['config']['model_args'], key: string): string | null {
  if (typeof given === 'string') {
    const entry = given.split(',').find((part) => part.startsWith(`${key}=`));
    return entry === undefined ? null : entry.slice(key.length + 1);
  }
  const value = given?.[key];
  return typeof value === 'string' ? value : null;
}
