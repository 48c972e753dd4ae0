import type { BenchmarkDocument, BenchmarkMetric } from '../../measure/schema/index.ts';
import { UserError } from '../../platform/user-error.ts';
import { type TaskConfig, taskAnswerRule } from '../../probes/files/lm-eval/index.ts';
import { judgeAnswer } from '../../probes/index.ts';
import { arithmeticMean, standardErrorOfMean } from '../../statistics/index.ts';

type Pipeline = NonNullable<TaskConfig['filter_list']>[number];

/** What one line of samples has of a document whose answer was sampled several times. */
export interface SampledLine {
  readonly filter: string;
  readonly target: unknown;
  /** Of the one request. */
  readonly responses: readonly unknown[];
  /** What the file has for `exact_match` under the filter; null without. */
  readonly exactMatch: number | null;
}

/** Which of its answers are right; null where that is not known. */
export type SampleJudge = (line: SampledLine) => readonly boolean[] | null;

/** Steps that choose among the answers to a request; the others read one answer. */
const CHOOSING = new Set(['take_first', 'take_first_k', 'majority_vote']);
const isMajority = ({ filter }: Pipeline) => filter.some((step) => step.function === 'majority_vote');
const takesOne = ({ filter }: Pipeline) => filter.some((step) => step.function === 'take_first');

/** Does a filter leave several answers, so that `exact_match` is the share of right ones? */
export function leavesSamples({ filter_list: filters }: TaskConfig, name: string): boolean {
  const pipeline = filters?.find((own) => own.name === name);
  return pipeline?.filter.some((step) => step.function === 'take_first_k') === true && !takesOne(pipeline);
}

/**
 * Judge every answer to a document as the task judges the one that its filter takes, the first or that of a majority: the first
 * pipeline whose steps need no Python reads each of them, and `exact_match` compares. What the file says of the first answer, or of a majority
 * of answers that are all right or all wrong, has to come out. Null where the task has no such pipeline.
 */
export function sampleJudge(config: TaskConfig): SampleJudge | null {
  const pipelines = config.filter_list ?? [];
  const pipeline = pipelines.find((own) => !isMajority(own)) ?? pipelines[0];
  if (pipeline === undefined) return null;
  const steps = pipeline.filter.filter((step) => !CHOOSING.has(step.function));
  const ofOne = { ...config, filter_list: [{ ...pipeline, filter: [...steps, { function: 'take_first' }] }] };
  const ruleOf = (targets: readonly string[]) =>
    taskAnswerRule(ofOne, { filter: pipeline.name, targets, where: 'samples', choices: [] });
  return ({ filter, target, responses, exactMatch }) => {
    const targets = targetsOf(target);
    const texts = responses.filter((response) => typeof response === 'string');
    if (filter !== pipeline.name || targets === null || texts.length < responses.length) return null;
    try {
      const rule = ruleOf(targets);
      const right = texts.map((text) => judgeAnswer(text, { kind: 'exact', target: '', rule }).correct);
      return fits(right, exactMatch, pipeline) ? right : null;
    } catch (error) {
      // A step of Python, or a pattern that cannot be read.
      if (error instanceof UserError) return null;
      throw error;
    }
  };
}

/** What looks like a list may be one, or a text. */
function targetsOf(target: unknown): readonly string[] | null {
  if (Array.isArray(target)) return target.every((own) => typeof own === 'string') ? target : null;
  return typeof target === 'string' && !target.startsWith('[') ? [target] : null;
}

function fits(right: readonly boolean[], exactMatch: number | null, pipeline: Pipeline): boolean {
  if (exactMatch === null) return false;
  if (!isMajority(pipeline)) return !takesOne(pipeline) || Number(right[0]) === exactMatch;
  return right.every((own) => own === right[0]) ? Number(right[0]) === exactMatch : true;
}

/** The metric that every sample adds to those of the task, with its value of each document: the share of right ones. */
export function metricOfSamples(
  documents: readonly BenchmarkDocument[],
  shares: ReadonlyMap<number, number>,
  repeats: number,
): { readonly metric: BenchmarkMetric; readonly documents: BenchmarkDocument[] } | null {
  const values = documents.flatMap(({ id }) => shares.get(id) ?? []);
  if (values.length < documents.length || values.length === 0) return null;
  const mean = { value: arithmeticMean(values), stderr: standardErrorOfMean(values) };
  return {
    metric: { metric: 'exact_match', filter: `mean@${repeats}`, ...mean, higherIsBetter: true, ofSamples: 'share' },
    documents: documents.map((own) => ({ ...own, values: [...own.values, shares.get(own.id) ?? null] })),
  };
}
