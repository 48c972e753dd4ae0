import { join } from 'node:path';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { type BenchmarkMetric, type EvaluatedModel, UNKNOWN_MODEL, UNSTATED } from '../benchmarks.ts';
import { checkedLog, readLogJson } from '../log-json.ts';

const record = <T extends z.ZodType>(values: T) => z.record(z.string(), values);
const text = z.string().nullish();

/** A metric of a task, with a list of names if it gives several numbers. */
const metricSchema = z.looseObject({
  metric_name: z.union([z.string(), z.array(z.string())]),
  higher_is_better: z.unknown().optional(),
  /** Reduces the values of the documents to one. */
  corpus_level_fn: z.unknown().optional(),
});

const taskSchema = z.looseObject({
  version: z.union([z.string(), z.number()]).nullish(),
  num_fewshots: z.int().nonnegative().nullish(),
  metrics: z.array(metricSchema).nullish(),
});

/** results_DATE.json (`EvaluationTracker.results`, lighteval/logging/evaluation_tracker.py). */
const resultsSchema = z.looseObject({
  config_general: z.looseObject({
    lighteval_sha: text,
    model_name: z.string(),
    model_config: z
      .looseObject({
        revision: text,
        dtype: text,
        system_prompt: text,
        generation_parameters: record(z.unknown()).nullish(),
      })
      .nullish(),
  }),
  results: record(record(z.unknown())),
  config_tasks: record(taskSchema),
});
export type LightevalResults = z.infer<typeof resultsSchema>;

const HINT = 'give the files as lighteval wrote them';

/** @throws UserError naming the file and the mistake */
export async function readLightevalResults(folder: string, file: string): Promise<LightevalResults> {
  const path = join(folder, file);
  const json = await readLogJson(path, 'measurement', HINT);
  return checkedLog(resultsSchema, json, { where: path, what: 'a results file of lighteval', hint: HINT });
}

/** The average over all tasks: it adds metrics of unlike tasks. */
const ALL = 'all';
const AVERAGE = /:_average(\||$)/;

/** Names of the groups: averages over the parts of one benchmark. */
export function lightevalGroups({ results }: LightevalResults): string[] {
  return Object.keys(results).filter((name) => AVERAGE.test(name));
}

export function lightevalTasks({ results }: LightevalResults): string[] {
  return Object.keys(results).filter((name) => name !== ALL && !AVERAGE.test(name));
}

/** The tasks of a group: those of the same benchmark and number of few-shot examples. */
export function lightevalGroupMembers(results: LightevalResults, group: string): string[] {
  const [start = '', end = ''] = group.split(':_average');
  return lightevalTasks(results).filter((task) => task.startsWith(`${start}:`) && task.endsWith(end));
}

const SHOTS = /\|(?<shots>\d+)$/;

/** Name of a task or group, without its number of few-shot examples unless there are several. */
export function lightevalTaskName({ results }: LightevalResults, key: string): string {
  const plain = (name: string) => name.replace(SHOTS, '');
  return Object.keys(results).some((other) => other !== key && plain(other) === plain(key)) ? key : plain(key);
}

/** Every metric of a task or group, in the order of the file: keys `metric` and `metric_stderr`. */
export function lightevalMetrics(results: LightevalResults, key: string): BenchmarkMetric[] {
  const row = results.results[key] ?? {};
  const number = (name: string) => {
    const value = row[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  const isStderr = (name: string) => name.endsWith('_stderr') && Object.hasOwn(row, name.slice(0, -'_stderr'.length));
  return Object.keys(row).flatMap((metric) => {
    if (isStderr(metric)) return [];
    const [value, stderr] = [number(metric), number(`${metric}_stderr`)];
    return [{ metric, filter: 'none', value, stderr, higherIsBetter: isBetter(results, key, metric) }];
  });
}

function isBetter(results: LightevalResults, key: string, metric: string): boolean | null {
  const flag = definitionOf(results, key, metric)?.higher_is_better;
  const own = typeof flag === 'object' && flag !== null ? (flag as Record<string, unknown>)[metric] : flag;
  return typeof own === 'boolean' ? own : null;
}

function definitionOf(results: LightevalResults, key: string, metric: string) {
  return results.config_tasks[key]?.metrics?.find(({ metric_name: name }) =>
    typeof name === 'string' ? name === metric : name.includes(metric),
  );
}

export function isLightevalMean(results: LightevalResults, key: string, metric: string): boolean {
  return definitionOf(results, key, metric)?.corpus_level_fn === 'mean';
}

export function lightevalTaskSettings(results: LightevalResults, key: string) {
  const task = results.config_tasks[key];
  const { version = null } = task ?? {};
  const systemPrompt = results.config_general.model_config?.system_prompt ?? null;
  const given = SHOTS.exec(key)?.groups?.shots;
  return {
    ...UNSTATED,
    name: lightevalTaskName(results, key),
    version: version === null ? null : String(version),
    shots: given === undefined ? (task?.num_fewshots ?? null) : Number(given),
    // Functions of Python are written with their address, which differs in each run.
    scoring: sha256(canonicalJson(task?.metrics ?? []).replace(/ at 0x[0-9a-f]+/g, '')),
    systemInstruction: systemPrompt === null ? null : sha256(systemPrompt),
  };
}

export function lightevalGeneration({ config_general: config }: LightevalResults): Record<string, unknown> {
  const given = Object.entries(config.model_config?.generation_parameters ?? {});
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

export function lightevalModel({ config_general: config }: LightevalResults): EvaluatedModel {
  const { revision, dtype } = config.model_config ?? {};
  return { ...UNKNOWN_MODEL, name: config.model_name, revision: revision ?? null, dtype: dtype ?? null };
}
