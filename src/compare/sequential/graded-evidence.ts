import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { logEvidence, normalQuantile, type Prior, type SeenBlocks } from '../../statistics/index.ts';
import { expectedChange, likelihoodChange } from '../probes/graded.ts';
import { bytesOf, factLikelihoodChange, type GradedSum, MOST_PER_BYTE } from '../probes/graded-losses.ts';
import type { PairedFact, PairedItem } from '../probes/paired-item.ts';
import type { Asked } from './asked.ts';
import { type GradedRule, isGraded } from './graded-rule.ts';

/** Mean change of expected accuracy of one fact. */
const expectedOf = (items: readonly PairedItem[]): number =>
  items.reduce((sum, item) => sum + expectedChange(item), 0) / Math.max(1, items.length);

/** NaN where the candidate's likelihood is not known: nothing follows from that. */
function likelihoodOf(items: readonly PairedItem[], perFact: number): number {
  return items.some((item) => likelihoodChange(item) === null) ? Number.NaN : factLikelihoodChange(items, perFact);
}

/** The changes of likelihood so far. */
function likelihoods({ facts, itemsOf }: GradedSum, asked: Asked, sign: 1 | -1): SeenBlocks | null {
  const perFact = bytesOf(facts.flatMap(itemsOf)) / facts.length;
  const numberOf = (fact: PairedFact) => sign * likelihoodOf(itemsOf(fact), perFact);
  const seen = asked.seen(facts, numberOf, { lowest: -MOST_PER_BYTE, highest: MOST_PER_BYTE });
  return seen?.blocks.flat().some(Number.isNaN) ? null : seen;
}

interface Certainty {
  readonly alpha: number;
  readonly policy: ProbePolicy;
}

/**
 * Is it excluded, but for `alpha`, that the full run does not pass this rule: that its intervals do not rule out the loss of expected
 * accuracy and the fall of answer likelihood, or, of a part, that they show the fall?
 */
export function excludesGradedLoss(
  rule: GradedSum & Pick<GradedRule, 'margin'> & { readonly limit: number | null },
  asked: Asked,
  certainty: Certainty,
): boolean {
  if (!isGraded(rule)) return false;
  const { facts, itemsOf, limit, margin } = rule;
  if (limit !== null) {
    const fall = likelihoods(rule, asked, 1);
    if (fall === null || !excludesMean(fall, { size: limit, sign: margin === null ? -1 : 1 }, certainty)) return false;
  }
  if (margin === null) return true;
  const expected = asked.seen(facts, (fact) => expectedOf(itemsOf(fact)), { lowest: -1, highest: 1 });
  return expected !== null && excludesMean(expected, { size: margin, sign: 1 }, certainty);
}

/** Evidence that the mean of all is above −size, by half an interval more (sign 1), or less (−1). */
function excludesMean(
  seen: SeenBlocks,
  { size, sign }: { readonly size: number; readonly sign: 1 | -1 },
  { alpha, policy }: Certainty,
): boolean {
  const total = (numbers: readonly number[]) => -size * seen.size + sign * halfWidth(numbers, seen.size, policy);
  return evidence(seen, total, ['quiet', 'lively']) >= Math.log(1 / alpha);
}

/** Is it certain, but for `alpha`, that the full run will show a fall of likelihood that is a failure? */
export function showsFall(rule: GradedRule, asked: Asked, { alpha, policy }: Certainty): boolean {
  if (!isGraded(rule)) return false;
  const fall = likelihoods(rule, asked, -1);
  const loss = asked.seen(rule.facts, (fact) => -expectedOf(rule.itemsOf(fact)), { lowest: -1, highest: 1 });
  if (fall === null || loss === null) return false;
  const enough = Math.log(rule.confirmations.length / alpha);
  return rule.confirmations.some(({ expected, upper }) => {
    const bound = (numbers: readonly number[]) => -upper * fall.size + halfWidth(numbers, fall.size, policy);
    const isLost = () => evidence(loss, () => -expected * loss.size, ['loud']) >= enough;
    return evidence(fall, bound, ['loud']) >= enough && isLost();
  });
}

/** z·SD·√n: how far the bound of a sum of n numbers is from it, by the numbers so far. */
function halfWidth(numbers: readonly number[], n: number, policy: ProbePolicy): number {
  if (numbers.length < 2) return 0;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  const z = normalQuantile(1 - policy['twin-accuracy'].alpha);
  return z * Math.sqrt((squares / (numbers.length - 1)) * n);
}

/** @param priors the mean of their e-values is one */
export function evidence(
  seen: SeenBlocks,
  total: (before: readonly number[]) => number,
  priors: readonly [Prior, ...Prior[]],
): number {
  const aims = seen.blocks.map((_, k) => total(seen.blocks.slice(0, k).flat()));
  const sum = total(seen.blocks.flat());
  const all = priors.map((prior) => Math.exp(logEvidence(seen, sum, { aims, prior })));
  return Math.log(all.reduce((added, value) => added + value, 0) / all.length);
}
