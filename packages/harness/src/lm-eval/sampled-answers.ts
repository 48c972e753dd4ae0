import { groupBy, UserError } from '@shadow-gate/platform';
import { canonicalJson } from '@shadow-gate/platform/json';
import { judgeAnswer } from '@shadow-gate/probes';
import { type TaskConfig, taskAnswerRule } from '@shadow-gate/probes/files/lm-eval';
import type { BenchmarkDocument, BenchmarkMetric } from '../benchmarks.ts';
import { meanAndError } from '../means.ts';

type Pipeline = NonNullable<TaskConfig['filter_list']>[number];

interface SampledLine {
  readonly target: unknown;
  /** Responses to its only request. */
  readonly responses: readonly unknown[];
  readonly exactMatch: number | null;
}

/** Filters of a task that read an answer alike, and differ in their choice among several. */
export interface SampleReading {
  /** The first filter without a vote: its lines decide which answers are right. */
  readonly filter: string;
  readonly filters: readonly string[];
  /** Whether each answer is right; null if unknown. */
  readonly judge: (line: SampledLine) => readonly boolean[] | null;
}

/** Steps that choose among the answers to a request; the others read one answer. */
const CHOOSING = new Set(['take_first', 'take_first_k', 'majority_vote']);
const takes = (step: string, { filter }: Pipeline) => filter.some((own) => own.function === step);
const readingSteps = ({ filter }: Pipeline) => filter.filter((step) => !CHOOSING.has(step.function));

/** Number of answers that a filter keeps, for a share of right ones; null for one answer, or a vote. */
function answersLeft(pipeline: Pipeline): number | null {
  if (takes('take_first', pipeline) || takes('majority_vote', pipeline)) return null;
  const k = pipeline.filter.find((step) => step.function === 'take_first_k')?.k;
  return typeof k === 'number' && Number.isInteger(k) && k > 1 ? k : null;
}

/**
 * Judges every answer as the task judges the chosen one: by the steps without Python, and `exact_match`. The results
 * for the first answer, for all, or for a unanimous vote must be those of the file.
 */
export function sampleReadings(config: TaskConfig): SampleReading[] {
  const pipelines = config.filter_list ?? [];
  const alike = groupBy(pipelines, (own) => canonicalJson(readingSteps(own)));
  return [...alike.values()].flatMap((own): SampleReading[] => {
    const pipeline = own.find((one) => !takes('majority_vote', one)) ?? own[0];
    if (pipeline === undefined) return [];
    const filters = own.map(({ name }) => name);
    return [{ filter: pipeline.name, filters, judge: (line) => judge(line, pipeline, config) }];
  });
}

function judge({ target, responses, exactMatch }: SampledLine, pipeline: Pipeline, config: TaskConfig) {
  const targets = targetsOf(target);
  const texts = responses.filter((response) => typeof response === 'string');
  if (targets === null || texts.length < responses.length) return null;
  const ofOne = { ...pipeline, filter: [...readingSteps(pipeline), { function: 'take_first' }] };
  const of = { filter: pipeline.name, targets, where: 'samples', choices: [] };
  try {
    const rule = taskAnswerRule({ ...config, filter_list: [ofOne] }, of);
    const right = texts.map((text) => judgeAnswer(text, { kind: 'exact', target: '', rule }).correct);
    return fits(right, exactMatch, pipeline) ? right : null;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Null for a text that may be a list. */
function targetsOf(target: unknown): readonly string[] | null {
  if (Array.isArray(target)) return target.every((own) => typeof own === 'string') ? target : null;
  return typeof target === 'string' && !target.startsWith('[') ? [target] : null;
}

const shareOf = (right: readonly boolean[]) => right.filter(Boolean).length / right.length;

function fits(right: readonly boolean[], exactMatch: number | null, pipeline: Pipeline): boolean {
  if (exactMatch === null) return false;
  const left = answersLeft(pipeline);
  if (left !== null) return Math.abs(shareOf(right.slice(0, left)) - exactMatch) < 1e-9;
  if (takes('majority_vote', pipeline)) {
    return right.every((own) => own === right[0]) ? Number(right[0]) === exactMatch : true;
  }
  return Number(right[0]) === exactMatch;
}

export interface SampledDocuments {
  readonly documents: readonly BenchmarkDocument[];
  readonly repeats: number;
  /** For each reading, by the number of the document: whether each answer is right. */
  readonly right: ReadonlyMap<SampleReading, ReadonlyMap<number, readonly boolean[]>>;
}

interface SampledMetrics {
  readonly metrics: readonly BenchmarkMetric[];
  readonly documents: readonly BenchmarkDocument[];
}

/** Marks shares of right answers and metrics that follow from them, and adds the share of all answers if missing. */
export function metricsOfSamples(metrics: readonly BenchmarkMetric[], config: TaskConfig, sampled: SampledDocuments) {
  const marked = metrics.map((metric, i) => withSamples(metric, i, config, { ...sampled, metrics }));
  const start: SampledMetrics = { metrics: marked, documents: sampled.documents };
  return [...sampled.right].reduce((all, [reading, right]) => withReading(all, reading, right, sampled), start);
}

function withSamples(
  metric: BenchmarkMetric,
  index: number,
  { filter_list: pipelines }: TaskConfig,
  { documents, repeats, metrics }: SampledDocuments & { readonly metrics: readonly BenchmarkMetric[] },
): BenchmarkMetric {
  const isShare = documents.every(({ values }) => {
    const value = values[index];
    return typeof value === 'number' && value >= 0 && value <= 1;
  });
  if (!isShare) return metric;
  const pipeline = pipelines?.find(({ name }) => name === metric.filter);
  const left = pipeline && metric.metric === 'exact_match' ? answersLeft(pipeline) : null;
  if (left !== null) return { ...metric, ofSamples: 'share', ...(left === repeats ? {} : { samples: left }) };
  if (metric.metric === PASS_AT_1) return { ...metric, ofSamples: 'share' };
  if (!/^pass@\d+$/.test(metric.metric)) return metric;
  const isKnown = metrics.some((other) => other.metric === PASS_AT_1 && other.filter === metric.filter);
  return { ...metric, ofSamples: isKnown ? 'redundant' : 'estimate' };
}

const PASS_AT_1 = 'pass@1';

/** Adds a share of all answers. Then choices among them by the same reading are redundant. */
function withReading(
  all: SampledMetrics,
  { filter, filters }: SampleReading,
  right: ReadonlyMap<number, readonly boolean[]>,
  { repeats }: SampledDocuments,
): SampledMetrics {
  const own = ({ metric, filter: name }: BenchmarkMetric) => metric === 'exact_match' && filters.includes(name);
  const isWhole = ({ ofSamples, samples }: BenchmarkMetric) => ofSamples === 'share' && samples === undefined;
  const whole = all.metrics.find((metric) => own(metric) && isWhole(metric));
  const shares = all.documents.map(({ id }) => {
    const answers = right.get(id);
    return answers?.length === repeats ? shareOf(answers) : null;
  });
  const known = shares.filter((share) => share !== null);
  if (whole === undefined && (known.length < shares.length || known.length === 0)) return all;
  const metrics = all.metrics.map((metric): BenchmarkMetric => {
    return own(metric) && metric !== whole ? { ...metric, ofSamples: 'redundant' } : metric;
  });
  if (whole !== undefined) return { ...all, metrics };
  const mean = { ...meanAndError(known), higherIsBetter: true };
  return {
    metrics: [...metrics, { metric: 'exact_match', filter: `${filter}/mean@${repeats}`, ...mean, ofSamples: 'share' }],
    documents: all.documents.map((document, i) => ({ ...document, values: [...document.values, shares[i] ?? null] })),
  };
}
