import { isDeepStrictEqual } from 'node:util';
import { benchmarksDigest } from '@shadow-gate/harness/benchmarks';
import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at } from '@shadow-gate/platform';
import { LOG_UNIT, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { choiceProbability, isMostlyRight } from '@shadow-gate/probes/outcome';
import type { MaybeBounded } from '@shadow-gate/spectra/bounded';
import { MAX_RESIDUAL } from '@shadow-gate/spectra/merge-status';
import { STRONG } from '@shadow-gate/spectra/metrics';
import { mostOf } from '../../statistics/index.ts';
import { flattenMetrics, summarize, tensorKey } from '../aggregate.ts';
import { type Measurement, servedDigest, type TensorMeasurement } from './measurement.ts';
import type { MergedWeightMeasurement } from './merge.ts';

/**
 * The first way in which a complete measurement contradicts itself; null without one. Shapes and types are the schema's
 * business. Numbers that were forged with care cannot be detected: a measurement is believed only where nobody who is
 * judged by it can have written it.
 */
export function contradictionIn(measurement: Measurement): string | null {
  const { method, tensors, probes } = measurement;
  if (method === null && tensors.length > 0) return 'it has matrices, and no method';
  const ofProbes = probes?.status === 'measured' ? IN_PROBES.map((check) => () => check(probes)) : [];
  const checks = [
    () => contradictionInServed(measurement),
    () => contradictionInEvaluated(measurement),
    () => contradictionInTensors(measurement),
    ...ofProbes,
    () => contradictionInMerge(measurement),
  ];
  for (const check of checks) {
    const wrong = check();
    if (wrong !== null) return wrong;
  }
  const { note: _, ...delta } = measurement.model.delta ?? {};
  const stored = { model: { delta: measurement.model.delta && delta }, groups: measurement.groups };
  return isDeepStrictEqual(stored, summarize(tensors)) ? null : 'its summaries do not follow from its matrices';
}

function contradictionInTensors({ checkpoint, tensors, nonFinite, skipped }: Measurement): string | null {
  const keys = new Set<string>();
  for (const tensor of tensors) {
    const key = tensorKey(tensor);
    const name = JSON.stringify(tensor.name);
    if (keys.has(key)) return `matrix ${name} is there twice`;
    keys.add(key);
    if ((tensor.status === 'measured') !== (tensor.metrics !== null)) {
      return `the status of ${name} does not fit its metrics`;
    }
    const wrong = wrongMetric(tensor);
    if (wrong !== null) return `${wrong} of ${name} is not possible`;
  }
  const empty = nonFinite.find(({ nan, inf }) => nan < 0 || inf < 0 || nan + inf === 0);
  if (empty) return `the counts of NaN and Inf in ${JSON.stringify(empty.name)} are not possible`;
  const left = skipped.reduce((sum, { parameters = 0 }) => sum + parameters, 0);
  return left > checkpoint.parameters ? 'it skipped more parameters than there are' : null;
}

const inItems =
  (isWrong: (item: ProbeItemMeasurement) => boolean, describe: (id: string) => string) =>
  ({ items }: MeasuredProbes): string | null => {
    const wrong = items.find(isWrong);
    return wrong ? describe(JSON.stringify(wrong.id)) : null;
  };

const IN_PROBES: ReadonlyArray<(probes: MeasuredProbes) => string | null> = [
  inItems(isWronglyScored, (id) => `item ${id} is not scored by its own log-probabilities`),
  contradictionInSamples,
  inItems(isWronglyGraded, (id) => `the probability of item ${id} does not follow from its log-likelihoods`),
  inItems(isWronglyDescribed, (id) => `item ${id} is described as two things at once`),
  contradictionInLevels,
  contradictionInTexts,
  contradictionInGroups,
];

/** The log-likelihood of a text is the sum over its tokens, each of which is rounded. */
function contradictionInTexts({ texts = [] }: MeasuredProbes): string | null {
  for (const { name, scores, predictions } of texts) {
    const isBent = (logprob: number, i: number) => !isConcave({ logprob, scaled: scores.scaled?.[i] });
    if (scores.logprobs.some(isBent))
      return `a text of ${JSON.stringify(name)} has scaled logits that are no curve of one`;
    if (predictions === undefined) continue;
    let end = 0;
    for (const [i, id] of scores.ids.entries()) {
      const tokens = at(scores.tokens, i);
      const sum = predictions.own.slice(end, end + tokens).reduce((total, own) => total + own, 0);
      end += tokens;
      if (Math.abs(at(scores.logprobs, i) + LOG_UNIT * sum) > LOG_UNIT * tokens) {
        return `text ${JSON.stringify(id)} of ${JSON.stringify(name)} is not as likely as its tokens`;
      }
    }
  }
  return null;
}

/** Ranks and shares may exceed their limit by this much, as a factor: they are rounded. */
const ROUNDING = 1 + 1e-6;

function wrongMetric({ metrics, method, shape }: TensorMeasurement): string | null {
  if (metrics === null) return null;
  if (!areRanksPossible(metrics, method, shape)) return 'the rank';
  const values = Object.entries(flattenMetrics(metrics));
  const unordered = values.find(([, value]) => typeof value !== 'number' && !isOrdered(value));
  if (unordered) return unordered[0];
  const share = values.find(([key, value]) => key.startsWith('topEnergy') && !isWithin(value, 1));
  return share?.[0] ?? null;
}

/**
 * All ranks are null, or none: 1 ≤ above 10⁻² σ₁ ≤ above rounding ≤ above 10⁻⁶ σ₁ ≤ the shorter side. If the rounding
 * is above 10⁻² σ₁, as in quantized formats, fewer are above it. Older files have one rank.
 */
function areRanksPossible(
  {
    rank,
    'rankAt1e-2': strong = rank,
    rankAboveRounding = strong,
    roundingLimit = 0,
  }: NonNullable<TensorMeasurement['metrics']>,
  method: TensorMeasurement['method'],
  [rows = 1, ...rest]: readonly number[],
): boolean {
  if (rank === null || strong === null || rankAboveRounding === null) {
    return method !== 'exact' && rank === null && strong === null && rankAboveRounding === null;
  }
  const columns = rest.reduce((product, size) => product * size, 1);
  const [fewer, more] = roundingLimit > STRONG ? [rankAboveRounding, strong] : [strong, rankAboveRounding];
  return 0 <= fewer && fewer <= more && more <= rank && rank <= Math.min(rows, columns);
}

function isOrdered({ low, value, high }: Exclude<MaybeBounded, number>): boolean {
  return low <= value && value <= high;
}

function isWithin(value: MaybeBounded, limit: number): boolean {
  const number = typeof value === 'number' ? value : value.value;
  return number >= 0 && number <= limit * ROUNDING;
}

/** Only choices have log-probabilities: their margin is positive if and only if correct. A rounded 0 is neither. */
function isWronglyScored({ correct, margin, logprobs }: ProbeItemMeasurement): boolean {
  return logprobs !== null && margin !== 0 && correct !== margin > 0;
}

/** Either every generated answer of a suite is sampled or none; an answer is what most of its samples are. */
function contradictionInSamples({ suites, items }: MeasuredProbes): string | null {
  const sampled = new Map(suites.map(({ name, sampling }) => [name, sampling?.samples]));
  const isWrong = ({ suite, samples, correct, logprobs }: ProbeItemMeasurement) => {
    const wanted = logprobs === null ? sampled.get(suite) : undefined;
    if (samples === undefined) return wanted !== undefined;
    return samples.of !== wanted || samples.correct > samples.of || correct !== isMostlyRight(samples);
  };
  const lie = items.find(isWrong);
  return lie ? `item ${JSON.stringify(lie.id)} is not what its samples are` : null;
}

/** Log-likelihoods and probabilities are rounded to four digits; two of the first are in each of the second. */
const PROBABILITY_ROUNDING = 3e-4;

/**
 * The right answer's log-likelihood is one of the choices', the probability of that choice follows from all of them,
 * and scaled logits make a curve that bends downward. Older files have a probability of raw likelihoods, and do not say
 * which choice is right.
 */
function isWronglyGraded({ logprobs, probability, likelihood, ...item }: ProbeItemMeasurement): boolean {
  const lengths = item.lengths ?? null;
  if (lengths !== null && lengths.length !== logprobs?.length) return true;
  if (likelihood !== undefined && !isConcave(likelihood)) return true;
  const { among } = likelihood ?? {};
  // Among fewer tokens, no text is less likely.
  if (likelihood && among && (!isConcave(among) || among.logprob < likelihood.logprob - PROBABILITY_ROUNDING))
    return true;
  if (item.scaledLogprobs !== undefined && !isScaledAlike(item.scaledLogprobs, { logprobs, likelihood })) return true;
  if (logprobs === null || probability === null) return false;
  const isOf = (i: number) =>
    Math.abs(choiceProbability({ logprobs, lengths }, i) - probability) <= PROBABILITY_ROUNDING;
  return !logprobs.some((value, i) => (likelihood === undefined || value === likelihood.logprob) && isOf(i));
}

/** Each choice has its own curve, and one of them is the right answer's. */
function isScaledAlike(
  scaled: ReadonlyArray<readonly number[]>,
  { logprobs, likelihood }: Pick<ProbeItemMeasurement, 'logprobs' | 'likelihood'>,
): boolean {
  return (
    scaled.length === logprobs?.length &&
    logprobs.every((logprob, i) => isConcave({ logprob, scaled: at(scaled, i) })) &&
    logprobs.some((logprob, i) => logprob === likelihood?.logprob && isDeepStrictEqual(scaled[i], likelihood.scaled))
  );
}

/** log p is concave in the factor of all logits: log Σ exp is convex. */
function isConcave({ logprob, scaled }: { logprob: number; scaled?: readonly number[] | undefined }): boolean {
  if (scaled === undefined) return true;
  const points = [
    ...LOGIT_FACTORS.map((factor, i) => ({ factor, value: at(scaled, i) })),
    { factor: 1, value: logprob },
  ].sort((a, b) => a.factor - b.factor);
  return points.slice(2).every((last, i) => {
    const [first, middle] = [at(points, i), at(points, i + 1)];
    const share = (middle.factor - first.factor) / (last.factor - first.factor);
    const chord = first.value + share * (last.value - first.value);
    return middle.value >= chord - PROBABILITY_ROUNDING - 1e-5 * Math.abs(chord);
  });
}

/** Only twins have a kind and options that changed places, which makes another label right than before. */
function isWronglyDescribed({ form, kind, right, oldLabel, oldLabels }: ProbeItemMeasurement): boolean {
  if (form !== 'twin') return kind !== undefined || oldLabel !== undefined || oldLabels !== undefined;
  if (oldLabel === undefined) return oldLabels !== undefined;
  if (oldLabel === right) return true;
  return oldLabels !== undefined && new Map(Object.entries(oldLabels)).get(right) !== oldLabel;
}

/** In a suite with levels, every answer belongs to a level that was asked. */
function contradictionInLevels({ suites, items }: MeasuredProbes): string | null {
  for (const { name, levels } of suites) {
    if (levels === undefined) continue;
    const suite = JSON.stringify(name);
    const asked = new Map(levels.map((family) => [family.family, family.asked]));
    if (asked.size < levels.length) return `the levels of one family of ${suite} are there twice`;
    const wrong = levels.find(({ count, asked }) => asked.some((level) => level > count));
    if (wrong) return `${JSON.stringify(wrong.family)} of ${suite} has no level ${mostOf(wrong.asked)}`;
    const other = items.find(
      (item) => item.suite === name && !(item.level !== undefined && asked.get(item.family)?.includes(item.level)),
    );
    if (other) return `item ${JSON.stringify(other.id)} is of no level that was asked`;
  }
  return null;
}

/** A group is twins of another suite, which is no group itself. A key stored with its hashes would hide nothing. */
function contradictionInGroups({ suites }: MeasuredProbes): string | null {
  const open = suites.find(({ texts, textKey }) => texts !== undefined && textKey !== undefined);
  if (open) return `${JSON.stringify(open.name)} has the key of its own hashes`;
  const benchmarks = new Set(suites.filter(({ twinsOf }) => twinsOf === undefined).map(({ name }) => name));
  const wrong = suites.find(({ twinsOf }) => twinsOf !== undefined && !benchmarks.has(twinsOf));
  return wrong
    ? `suite ${JSON.stringify(wrong.name)} is twins of ${JSON.stringify(wrong.twinsOf)}, which is no benchmark`
    : null;
}

function contradictionInMerge({ checkpoint, reference, merge }: Measurement): string | null {
  if (merge === null) return null;
  if (reference === null) return 'it has a merge, and no reference';
  if (checkpoint.format === 'lora') return 'it has a merge, and is an adapter';
  const names = new Set<string>();
  for (const weight of merge.weights) {
    if (names.has(weight.name)) return `the merge of ${JSON.stringify(weight.name)} is there twice`;
    names.add(weight.name);
    if (!isPossibleMerge(weight)) return `the merge of ${JSON.stringify(weight.name)} is not possible`;
  }
  const unequal = merge.others.unequal.find(({ name }) => names.has(name));
  if (unequal) return `${JSON.stringify(unequal.name)} is merged, and not adapted`;
  if (merge.others.equal > checkpoint.tensors) return 'more of its tensors are equal than it has';
  return merge.nonFinite.some(({ nan, inf }) => nan + inf === 0) ? 'the adapter has no NaN and no Inf' : null;
}

function isPossibleMerge({ kind, rank, scale, status, residual, coefficient }: MergedWeightMeasurement): boolean {
  if (kind === 'saved') return rank === null && scale === null && residual === null && coefficient === null;
  if (rank === null || scale === null) return false;
  return status !== 'applied' || (residual !== null && coefficient !== null && residual <= MAX_RESIDUAL * ROUNDING);
}

/** A served model has nothing that only weights can show. */
function contradictionInServed(measurement: Measurement): string | null {
  const { checkpoint, served, behavior } = measurement;
  if ((checkpoint.format === 'served') !== (served !== undefined))
    return 'it does not say whether its model was served';
  if (measurement.answeredBy !== undefined && (served !== undefined || measurement.probes === null)) {
    return 'a server answered for it, and it has no weights or no probes';
  }
  if (served === undefined) return null;
  // A hub's listing tells the files next to the weights.
  const ofFiles = served.hub === undefined ? behavior : (behavior?.logitScale ?? null);
  if (showsWeights(measurement, ofFiles)) return 'its model was served, and it has what only weights can show';
  return checkpoint.digest === servedDigest(served) ? null : 'its digest is not that of what the server said';
}

function showsWeights(measurement: Measurement, ofFiles: object | null): boolean {
  const { checkpoint, method, merge, reference, vectors, nonFinite, skipped } = measurement;
  const lists = [vectors, nonFinite, skipped];
  return (
    [method, ofFiles, merge, reference].some((part) => part !== null) ||
    lists.some(({ length }) => length > 0) ||
    checkpoint.tensors > 0
  );
}

/** Logs of an evaluation have answers alone. */
function contradictionInEvaluated(measurement: Measurement): string | null {
  const { checkpoint, benchmarks, behavior, probes, answeredBy } = measurement;
  if ((checkpoint.format === 'evaluated') !== (benchmarks !== null)) {
    return 'it does not say whether it comes from logs of an evaluation';
  }
  if (benchmarks === null) return null;
  if (showsWeights(measurement, behavior) || answeredBy !== undefined) {
    return 'it comes from logs of an evaluation, and it has what those cannot show';
  }
  const answers = probes?.status === 'measured' ? probes : null;
  if (benchmarks.tasks.length === 0 && answers === null) return 'it comes from logs of an evaluation without a task';
  return checkpoint.digest === benchmarksDigest(benchmarks, answers) ? null : 'its digest is not that of its logs';
}
