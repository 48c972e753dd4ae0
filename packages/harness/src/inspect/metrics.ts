import { groupBy } from '@shadow-gate/platform';
import type { BenchmarkMetric, DocumentValue } from '../benchmarks.ts';
import { meanAndError } from '../means.ts';
import type { LoggedScore, LogHeader, Reductions } from './log.ts';
import type { SampleEpochs } from './samples.ts';

/** A metric, and the values of the samples if it is their mean. */
interface MetricSource {
  readonly metric: BenchmarkMetric;
  /** The filter without a reducer of epochs. */
  readonly score: string;
  readonly valueIn: ((sample: SampleEpochs) => DocumentValue) | null;
}

const MEAN = 'mean';

/** Scorers of right and wrong answers, even as numbers. Inspect numbers those with the same name. */
const EXACT = /^(.*\/)?(choice|match|exact|includes|pattern|answer)\d*$/;

/** Every metric of a log. Its filter is its score and its reducer of epochs: `match`, `match/mode`, `scorer.key`. */
export function inspectMetrics(
  { results, eval: { config } }: LogHeader,
  samples: readonly SampleEpochs[] | null,
  reductions: Reductions | null,
): MetricSource[] {
  const scores = results?.scores ?? [];
  const isRepeated = (config.epochs ?? 1) > 1;
  const reported = reportedMetrics(scores, { samples, reductions, isRepeated });
  if (!isRepeated) return reported;
  const groups = [...groupBy(scores, baseFilter).values()];
  const unreported = groups.filter((own) => own.every(({ reducer }) => (reducer ?? MEAN) !== MEAN));
  const all = [...reported, ...unreported.flatMap(([score]) => (score && meanOfEpochs(score, samples)) ?? [])];
  const known = new Set(all.filter(({ metric }) => metric.ofSamples === 'share').map(({ score }) => score));
  return all.map((source) =>
    source.metric.ofSamples === 'estimate' && known.has(source.score)
      ? { ...source, metric: { ...source.metric, ofSamples: 'redundant' } }
      : source,
  );
}

/** The share of right epochs if a task reports only their mode or best. Null unless answers are right or wrong. */
function meanOfEpochs(score: LoggedScore, samples: readonly SampleEpochs[] | null): MetricSource | null {
  if (samples === null || !isRightOrWrong(score, samples)) return null;
  const values = samples.flatMap((sample) => meanEpoch(score, sample) ?? []);
  if (values.length < samples.length) return null;
  return {
    metric: {
      ...{ metric: 'accuracy', filter: filterOf({ ...score, reducer: MEAN }), ...meanAndError(values) },
      ...{ higherIsBetter: null, ofSamples: 'share' },
    },
    score: baseFilter(score),
    valueIn: (sample) => meanEpoch(score, sample),
  };
}

interface Logged {
  readonly samples: readonly SampleEpochs[] | null;
  readonly reductions: Reductions | null;
  readonly isRepeated: boolean;
}

function reportedMetrics(scores: readonly LoggedScore[], { samples, reductions, isRepeated }: Logged): MetricSource[] {
  return scores.flatMap((score) => {
    const filter = filterOf(score);
    const isGraded = samples === null || isRightOrWrong(score, samples);
    const means = Object.keys(score.metrics).filter((key) => isMean(score, key));
    const errorKey = ['stderr', 'bootstrap_stderr'].find((key) => Object.hasOwn(score.metrics, key));
    return Object.entries(score.metrics).flatMap(([key, { value }]): MetricSource[] => {
      if (key === errorKey && means.length > 0) return [];
      const isOfSamples = means.includes(key);
      const stderr = isOfSamples && errorKey !== undefined ? (score.metrics[errorKey]?.value ?? null) : null;
      const metric = { metric: key, filter, value: value ?? null, stderr, higherIsBetter: null };
      const ofSamples = (score.reducer ?? MEAN) === MEAN ? 'share' : 'estimate';
      const sampled = isRepeated && isOfSamples ? ({ ofSamples } as const) : {};
      const valueIn = isOfSamples ? valuesOf(score, reductions) : null;
      const marks = isGraded ? sampled : { isGraded: false as const };
      return [{ metric: { ...metric, ...marks }, score: baseFilter(score), valueIn }];
    });
  });
}

function filterOf(score: LoggedScore): string {
  const { reducer } = score;
  return reducer === null || reducer === undefined ? baseFilter(score) : `${baseFilter(score)}/${reducer}`;
}

function baseFilter({ name, scorer }: LoggedScore): string {
  return name === scorer ? name : `${scorer}.${name}`;
}

/** Is it the mean over all samples, by Inspect's own conversion to numbers? */
function isMean({ metrics }: LoggedScore, key: string): boolean {
  const metric = metrics[key];
  if (metric === undefined || (metric.group ?? null) !== null || Object.hasOwn(metric.params ?? {}, 'to_float')) {
    return false;
  }
  return /^(.*\/)?(accuracy|mean)$/.test(metric.name);
}

/** 1 means right for `EXACT` scorers, and for others with letters; only the task knows the meaning of a number. */
function isRightOrWrong(score: LoggedScore, samples: readonly SampleEpochs[]): boolean {
  if (EXACT.test(score.scorer)) return true;
  const values = samples.flatMap((sample) => rawValues(score, sample));
  return values.every((value) => typeof value === 'string' && Object.hasOwn(LETTERS, value));
}

function valuesOf(score: LoggedScore, reductions: Reductions | null): (sample: SampleEpochs) => DocumentValue {
  const reducer = score.reducer ?? MEAN;
  if (reducer === MEAN) return (sample) => meanEpoch(score, sample);
  const reduced = reductions?.find((own) => own.scorer === score.scorer && own.reducer === reducer);
  const byId = new Map(reduced?.samples.map((own) => [JSON.stringify(own.sample_id), own.value]));
  return ({ id }) => toNumber(partOf(score, byId.get(JSON.stringify(id))));
}

function meanEpoch(score: LoggedScore, sample: SampleEpochs): number | null {
  const values = rawValues(score, sample).map(toNumber);
  const numbers = values.filter((value) => value !== null);
  if (numbers.length < values.length || numbers.length === 0) return null;
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function rawValues(score: LoggedScore, { values }: SampleEpochs): unknown[] {
  return (values.get(score.scorer) ?? []).map((value) => partOf(score, value));
}

/** A scorer can give an object with a score under each key. */
function partOf({ name }: LoggedScore, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : null;
}

/** Correct, incorrect, partial, and no answer. */
const LETTERS: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };
const WORDS: Readonly<Record<string, number>> = { yes: 1, true: 1, no: 0, false: 0 };

/** Like `value_to_float` of inspect_ai/scorer/_metric.py, but null instead of 0 for an unknown value. */
function toNumber(value: unknown): number | null {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  if (Object.hasOwn(LETTERS, value)) return LETTERS[value] ?? null;
  const lower = value.toLowerCase();
  if (Object.hasOwn(WORDS, lower)) return WORDS[lower] ?? null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower) ? Number(lower) : null;
}
