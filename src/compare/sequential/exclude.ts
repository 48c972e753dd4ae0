import { binomialAtLeast, normalQuantile, type SeenBlocks } from '../../statistics/index.ts';
import { leastFacts } from '../pairing/limits.ts';
import type { Asked } from './asked.ts';
import { changeOfBenchmark, type GainRule } from './gain-rule.ts';
import { evidence } from './graded-evidence.ts';
import type { HarmRule, HarmSum } from './harm-rule.ts';

/** Counts are sharper where hardly anything changes, which is where most can be saved. */
const WEIGHT_OF_SUM = 0.25;

/**
 * Is it excluded, but for `alpha`, that the rule will find harm? It needs a sum of harm, and a number of facts with
 * harm: if m facts lost something, p is at least 2⁻ᵐ in a sign-flip test, whatever the others did. A mean of two
 * e-values is one.
 */
export function excludesHarm(rule: HarmRule, asked: Asked, alpha: number): boolean {
  const { needs } = rule;
  // The choice depends only on what is known beforehand: what needs more harm is excluded sooner.
  const isNear = needs?.some(({ least }) => rule.loosest === null || least < leastFacts(rule.loosest)) ?? true;
  return needs && !isNear ? needs.every((other) => excludesSum(other, asked, alpha)) : excludesSum(rule, asked, alpha);
}

/** Is it excluded that the sum of harm reaches its least, and that it is significant where that counts? */
export function excludesSum(
  { facts, harm, most, least, loosest: level }: HarmSum,
  asked: Asked,
  alpha: number,
): boolean {
  const sums = asked.seen(facts, (fact) => -harm(fact), { lowest: -most, highest: most });
  const counts = asked.seen(facts, (fact) => (harm(fact) > 0 ? -1 : 0), { lowest: -1, highest: 0 });
  if (sums === null || counts === null) return false;
  const bySum = logEvidenceAgainst(sums, (before) => leastHarm({ least, most, level }, sumOfSquares(before)));
  const limit = Math.log(1 / alpha);
  // If each fact has one answer, the sum is sufficient.
  if (most === 1 || level === null) return bySum >= limit;
  const byCount = logEvidenceAgainst(counts, () => Math.max(leastFacts(level), Math.ceil(least / most)));
  return Math.log(WEIGHT_OF_SUM * Math.exp(bySum) + (1 - WEIGHT_OF_SUM) * Math.exp(byCount)) >= limit;
}

/** Is a gain excluded: an excess over the twins, and a gain in benchmark form? */
export function excludesGain(
  { facts, excess, most, least, leastGain }: GainRule,
  asked: Asked,
  alpha: number,
): boolean {
  const seen = asked.seen(facts, (fact) => -excess(fact), { lowest: -most, highest: most });
  if (seen === null) return false;
  const byExcess = logEvidenceAgainst(seen, (before) => least(sumOfSquares(before)));
  const limit = Math.log(1 / alpha);
  if (leastGain === null) return byExcess >= limit;
  const gains = asked.seen(facts, (fact) => -changeOfBenchmark(fact), { lowest: -1, highest: 1 });
  if (gains === null) return false;
  const byGain = logEvidenceAgainst(gains, () => leastGain);
  return Math.log((Math.exp(byExcess) + Math.exp(byGain)) / 2) >= limit;
}

/** Is it excluded that the full interval will not exclude a loss of `margin`? Its width is estimated so far. */
export function excludesUnclear(
  { facts, harm, most, units }: HarmSum,
  asked: Asked,
  { alpha, margin }: { readonly alpha: number; readonly margin: number },
): boolean {
  const seen = asked.seen(facts, (fact) => -harm(fact), { lowest: -most, highest: most });
  if (seen === null) return false;
  const least = (before: readonly number[]) => {
    const squares = (sumOfSquares(before) * seen.size) / Math.max(1, before.length);
    return margin * units - normalQuantile(1 - alpha) * Math.sqrt(squares);
  };
  return logEvidenceAgainst(seen, least) >= Math.log(1 / alpha);
}

/**
 * Evidence that the sum of all numbers is above −least, which depends on what was seen and never falls.
 * @param least of all numbers seen before a block
 */
function logEvidenceAgainst(seen: SeenBlocks, least: (before: readonly number[]) => number): number {
  return evidence(seen, (before) => -least(before), ['quiet', 'lively']);
}

const sumOfSquares = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number ** 2, 0);

/**
 * The least sum of harm that a rule can report, if the squares of all have at least this sum. A sum s of n changes of
 * one answer each is significant only if it is so for every larger n; the two smallest n, one of each parity, stand for
 * all. For facts with several answers, only their least number is known.
 */
function leastHarm(
  { least, most, level }: Pick<HarmSum, 'least' | 'most'> & { readonly level: number | null },
  squares: number,
): number {
  if (level === null) return least;
  let sum = Math.max(least, leastFacts(level));
  if (most > 1) return sum;
  const isPossible = () =>
    [0, 1].some((more) => {
      const n = Math.max(sum, squares) + more;
      return binomialAtLeast(Math.ceil((n + sum) / 2), n, 0.5) < level;
    });
  while (!isPossible()) sum += 1;
  return sum;
}
