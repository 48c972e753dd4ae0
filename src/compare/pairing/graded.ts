import { at, groupBy } from '@shadow-gate/platform';
import { choiceProbability, type ScoredChoices } from '@shadow-gate/probes/outcome';
import type { ProbeComparison } from '../rows/probes.ts';
import { bestScale, curveOf, FACTORS, type Scaled, sumProduct, weightsAt } from './logit-scales.ts';
import { type GradedAnswer, type PairedItem, type ProbeAnswer, type Side, shareOfRight } from './paired-item.ts';

/** Sharpness of both models on one form of a suite: the best multiples of their scores for their right answers. */
export type SharpnessOfForm = ProbeComparison['sharpness'][number];
type FittedSharpness = SharpnessOfForm['baseline'];

export interface Grading {
  /** The same items, with graded answers where log-likelihoods are known. */
  readonly items: PairedItem[];
  readonly sharpness: SharpnessOfForm[];
}

/** If a model has everything right, or everything wrong, no sharpness is best: the search ends here. */
const CHOICE_RANGE = { least: 1 / 32, most: 8 };

/** @param fitOn the items that sharpness is fitted on */
export function gradeItems(items: readonly PairedItem[], fitOn: (item: PairedItem) => boolean = () => true): Grading {
  const groups = [...groupBy(items, ({ suite, form }) => JSON.stringify([suite, form])).values()].map((own) => {
    const readers = own.map(readAnswers);
    const fitted = readers.filter((_, i) => fitOn(at(own, i)));
    const { suite, form } = at(own, 0);
    const [baseline, candidate] = [fit(fitted, 'baseline'), fit(fitted, 'candidate')];
    const sharpness = { baseline, candidate };
    const weights = { baseline: weightsAt(baseline.vocabulary), candidate: weightsAt(candidate.vocabulary) };
    const weightsAmong = { baseline: fitAmong(fitted, 'baseline'), candidate: fitAmong(fitted, 'candidate') };
    const graded = readers.map((known, i) => withGrades(at(own, i), known, { sharpness, weights, weightsAmong }));
    return { graded, sharpness: { suite, form, items: fitted.length, baseline, candidate } };
  });
  const byId = new Map(groups.flatMap(({ graded }) => graded.map((item) => [item.id, item])));
  return {
    items: items.map((item) => byId.get(item.id) ?? item),
    sharpness: groups.map(({ sharpness }) => sharpness).filter(({ items: count }) => count > 0),
  };
}

interface KnownAnswers {
  readonly choices: (Record<Side, KnownChoices> & { readonly right: number }) | null;
  /** At each of FACTORS, or only at 1. */
  readonly likelihood: Record<Side, readonly number[]> | null;
  /** Among the tokens of the suite's right answers, at each of FACTORS. */
  readonly among: Record<Side, readonly number[]> | null;
}

interface KnownChoices extends ScoredChoices {
  /** Log-likelihood of each choice at each of FACTORS; null: only known at 1. */
  readonly curves: ReadonlyArray<readonly number[]> | null;
}

function readAnswers({ baseline, candidate }: PairedItem): KnownAnswers {
  const right = rightChoice(baseline, candidate);
  const likelihoods = [baseline, candidate].map(({ likelihood }) => likelihood ?? null);
  const [theirs, ours] = likelihoods;
  const isScaled = theirs?.scaled !== undefined && ours?.scaled !== undefined;
  const valuesOf = (own: Scaled) => (isScaled ? curveOf(own) : [own.logprob]);
  // A file of an older version does not say that its choices are of several tokens.
  const areAlike = (baseline.scaledLogprobs === undefined) === (candidate.scaledLogprobs === undefined);
  const choicesOf = (answer: ProbeAnswer): KnownChoices => ({
    logprobs: answer.logprobs ?? [],
    lengths: baseline.lengths ?? null,
    curves: isScaled && areAlike ? curvesOf(answer) : null,
  });
  return {
    choices: right === null ? null : { baseline: choicesOf(baseline), candidate: choicesOf(candidate), right },
    likelihood: theirs && ours ? { baseline: valuesOf(theirs), candidate: valuesOf(ours) } : null,
    among: theirs?.among && ours?.among ? { baseline: curveOf(theirs.among), candidate: curveOf(ours.among) } : null,
  };
}

/** Index of the right choice: its score is the likelihood of the right answer on both sides. */
function rightChoice(baseline: ProbeAnswer, candidate: ProbeAnswer): number | null {
  const [theirs, ours] = [baseline.logprobs, candidate.logprobs];
  if (!theirs || !ours || theirs.length !== ours.length || !baseline.likelihood || !candidate.likelihood) return null;
  const [first, second] = [baseline.likelihood.logprob, candidate.likelihood.logprob];
  const place = theirs.findIndex((value, i) => value === first && ours[i] === second);
  return place < 0 ? null : place;
}

/** For choices of one token: curves differ from the right one's by factor × difference at 1. */
function curvesOf({ logprobs, scaledLogprobs, likelihood }: ProbeAnswer): KnownChoices['curves'] {
  if (logprobs === null || likelihood === undefined) return null;
  if (scaledLogprobs) return logprobs.map((logprob, i) => curveOf({ logprob, scaled: at(scaledLogprobs, i) }));
  const right = curveOf(likelihood);
  return logprobs.map((logprob) => FACTORS.map((factor, f) => at(right, f) + factor * (logprob - likelihood.logprob)));
}

function fit(known: readonly KnownAnswers[], side: Side): FittedSharpness {
  const choices = known.flatMap((answers) => answers.choices ?? []);
  const curves = known.flatMap(({ likelihood }) => (likelihood ? [likelihood[side]] : []));
  const areScaled = curves.length > 0 && curves.every(({ length }) => length === FACTORS.length);
  const vocabulary = areScaled ? bestScale(curves) : 1;
  const weights = weightsAt(vocabulary);
  return {
    vocabulary,
    choices:
      choices.length === 0
        ? null
        : bestSharpness(choices.map((own) => ({ ...choicesAt(own[side], weights), right: own.right }))),
  };
}

/** Weights of the numbers at FACTORS, at the sharpness that fits right answers best among each other. */
function fitAmong(known: readonly KnownAnswers[], side: Side): readonly number[] {
  const curves = known.flatMap(({ among }) => (among ? [among[side]] : []));
  return weightsAt(curves.length > 0 ? bestScale(curves) : 1);
}

/** @param weights of the numbers at FACTORS */
function choicesAt({ logprobs, lengths, curves }: KnownChoices, weights: readonly number[]): ScoredChoices {
  return { logprobs: curves?.map((values) => sumProduct(values, weights)) ?? logprobs, lengths };
}

/** Sharpnesses this close differ in nothing that is reported. */
const PRECISION = 1e-4;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The multiple of all scores at which the right choices are likeliest: temperature scaling (Guo et al. 2017, On
 * calibration of modern neural networks). Their log-likelihood is concave in it, so a golden-section search in its
 * logarithm finds it.
 */
function bestSharpness(choices: ReadonlyArray<ScoredChoices & { readonly right: number }>): number {
  const likelihoodAt = (log: number) =>
    choices.reduce((sum, own) => sum + Math.log(Math.max(TINY, choiceProbability(own, own.right, Math.exp(log)))), 0);
  let [low, high] = [Math.log(CHOICE_RANGE.least), Math.log(CHOICE_RANGE.most)];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [ofLeft, ofRight] = [likelihoodAt(left), likelihoodAt(right)];
  while (high - low > PRECISION) {
    if (ofLeft >= ofRight) {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - GOLDEN * (high - low);
      ofLeft = likelihoodAt(left);
    } else {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + GOLDEN * (high - low);
      ofRight = likelihoodAt(right);
    }
  }
  return Math.exp((low + high) / 2);
}

/** A probability of 0 has no logarithm. */
const TINY = 1e-30;

function logSum(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

interface FittedSides {
  readonly sharpness: Record<Side, FittedSharpness>;
  readonly weights: Record<Side, readonly number[]>;
  readonly weightsAmong: Record<Side, readonly number[]>;
}

function withGrades(
  item: PairedItem,
  { choices, likelihood, among }: KnownAnswers,
  { sharpness, weights: weightsOf, weightsAmong }: FittedSides,
): PairedItem {
  // Only right or wrong is known.
  if (likelihood === null && item.baseline.samples === undefined) return item;
  const gradesOf = (side: Side): GradedAnswer => {
    const { choices: factor } = sharpness[side];
    const weights = weightsOf[side];
    const values = likelihood?.[side] ?? null;
    const isKnown = choices !== null && factor !== null;
    return {
      expected: isKnown
        ? choiceProbability(choicesAt(choices[side], weights), choices.right, factor)
        : shareOfRight(item[side]),
      likelihood:
        values === null ? null : values.length === FACTORS.length ? sumProduct(values, weights) : at(values, 0),
      among: among === null ? null : sumProduct(among[side], weightsAmong[side]),
      choices: choices === null ? null : logSum(choicesAt(choices[side], weights).logprobs),
    };
  };
  return { ...item, graded: { baseline: gradesOf('baseline'), candidate: gradesOf('candidate') } };
}

export function expectedAccuracy(item: PairedItem, side: Side): number {
  return item.graded?.[side].expected ?? shareOfRight(item[side]);
}

export function expectedChange(item: PairedItem): number {
  return expectedAccuracy(item, 'candidate') - expectedAccuracy(item, 'baseline');
}

/** Among all tokens, pushing others down makes a right answer likelier too. Among tokens of right answers, not. */
export type LikelihoodKind = 'likelihood' | 'among';

/** In nats; null if not known. */
export function likelihoodChange({ graded }: PairedItem, kind: LikelihoodKind | 'choices' = 'likelihood') {
  const [after, before] = [graded?.candidate[kind] ?? null, graded?.baseline[kind] ?? null];
  return after === null || before === null ? null : after - before;
}
