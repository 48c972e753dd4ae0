import { groupBy, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type BenchmarkMetric, type EvaluatedModel, HUB_DATASET, UNKNOWN_MODEL, UNSTATED } from '../benchmarks.ts';
import { SPEED } from '../inspect/settings.ts';
import { isoTime } from '../log-json.ts';
import type { EeeLog, EeeResult } from './log.ts';

/** A result with its names in this program. */
export interface NamedResult {
  readonly result: EeeResult;
  readonly task: string;
  readonly metric: string;
  readonly filter: string;
}

/**
 * All results of a log. Their id is the metric, with its filter or scorer before or after a colon; converters add the
 * filter of lm-evaluation-harness to the evaluation, too. @throws UserError for results with the same names
 */
export function nameResults({ evaluation_results: results }: EeeLog, path: string): NamedResult[] {
  const named = results.map((result) => {
    const { metric_name: name, metric_id: id, evaluation_description: about } = result.metric_config;
    const metric = name ?? id ?? about ?? 'score';
    const filter = filterIn(result.evaluation_result_id ?? metric, metric);
    const evaluation = result.evaluation_name;
    const end = `/${filter}`;
    const isPart = result.evaluation_result_id === `${metric}:${filter}` && evaluation.endsWith(end);
    return { result, metric, filter, task: isPart ? evaluation.slice(0, -end.length) : evaluation };
  });
  const alike = groupBy(named, ({ task, metric, filter }) => JSON.stringify([task, metric, filter]));
  const [first] = [...alike.values()].find((own) => own.length > 1) ?? [];
  if (first === undefined) return named;
  throw new UserError(
    `${path} has several results of ${first.task} for ${first.metric} (${first.filter})`,
    'give each its own evaluation_result_id, or a file of its own',
  );
}

function filterIn(id: string, metric: string): string {
  if (id === metric) return 'none';
  if (id.startsWith(`${metric}:`)) return id.slice(metric.length + 1);
  return id.endsWith(`:${metric}`) ? id.slice(0, -metric.length - 1) : id;
}

export function eeeMetric({ result, metric, filter }: NamedResult): BenchmarkMetric {
  const { score, uncertainty } = result.score_details;
  const stderr = uncertainty?.standard_error?.value ?? null;
  return { metric, filter, value: score, stderr, higherIsBetter: !result.metric_config.lower_is_better };
}

export function isEeeMean({ metric_config: { metric_kind: kind, metric_unit: unit } }: EeeResult): boolean {
  return kind === 'accuracy' && unit === 'proportion';
}

export function canBeRight({ score_type: type, max_score: most }: EeeResult['metric_config']): boolean {
  return type !== 'levels' && (most === null || most === undefined || most === 1);
}

export function eeeTaskSettings({ eval_library: { name: library } }: EeeLog, named: readonly NamedResult[]) {
  const shots = named[0]?.result.generation_config?.additional_details?.num_fewshot;
  return {
    ...UNSTATED,
    name: named[0]?.task ?? '',
    shots: shots !== undefined && /^\d+$/.test(shots) ? Number(shots) : null,
    scoring: sha256(canonicalJson([library, named.map(({ result }) => scoringOf(result))])),
    ...datasetOf(named[0]?.result),
  };
}

function datasetOf(result: EeeResult | undefined) {
  const { source_type: type, hf_repo: id } = result?.source_data ?? {};
  return type === 'hf_dataset' && HUB_DATASET.test(id ?? '') ? { dataset: id ?? '' } : {};
}

/** The computation of a metric and its judges, without a converter's tables, which change between releases. */
function scoringOf({ evaluation_name: name, evaluation_result_id: id, metric_config: metric }: EeeResult): unknown {
  const { evaluation_description: _, additional_details: details, ...config } = metric;
  const own = Object.entries(details ?? {}).filter(([key]) => !/^(metric_id|bounds)_/.test(key));
  return [name, id ?? null, withoutNull(config), Object.fromEntries(own)];
}

/** Digest of the generation of answers, without place and speed. */
export function digestEeeGeneration(named: readonly NamedResult[]): string {
  const configs = named.map(({ result: { generation_config: config } }) => {
    const { execution_command: _, ...args } = config?.generation_args ?? {};
    const details = Object.entries(config?.additional_details ?? {}).filter(([key]) => !SPEED.includes(key));
    return [withoutNull(args), Object.fromEntries(details)];
  });
  return sha256(canonicalJson(configs));
}

function withoutNull(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}

export function eeeModel({ model_info: model }: EeeLog): EvaluatedModel {
  const { revision = null, sha = null, dtype = null, num_parameters: count = '' } = model.additional_details ?? {};
  return {
    ...UNKNOWN_MODEL,
    name: model.id,
    source: model.inference_engine?.name ?? model.inference_platform ?? null,
    ...{ revision, sha, dtype, parameters: /^\d{1,15}$/.test(count) ? Number(count) : null },
  };
}

/** Seconds since 1970, or ISO 8601. */
export function eeeTime({ evaluation_timestamp: written }: EeeLog): string | null {
  const text = written ?? '';
  return isoTime(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : text);
}
