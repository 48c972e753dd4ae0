import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { logEvidence, normalQuantile, type Prior, type SeenBlocks } from '../../statistics/index.ts';
import { bytesOf, factLikelihoodChange, MOST_PER_BYTE } from '../estimates/likelihood-changes.ts';
import { expectedChange, type LikelihoodKind, likelihoodChange } from '../pairing/graded.ts';
import type { PairedFact, PairedItem } from '../pairing/paired-item.ts';
import { type GradedSum, LIKELIHOOD_SHARES } from '../tests/graded-losses.ts';
import type { Asked } from './asked.ts';
import { type GradedRule, isGraded } from './graded-rule.ts';

/** Changes of expected accuracy by fact, scaled so that their mean is that over all answers. */
function expectedChanges({ facts, itemsOf }: GradedSum, asked: Asked, sign: 1 | -1): SeenBlocks | null {
  const counts = facts.map((fact) => itemsOf(fact).length);
  const share =
    facts.length /
    Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
  const most = share * Math.max(1, ...counts);
  const numberOf = (fact: PairedFact) =>
    sign * share * itemsOf(fact).reduce((sum, item) => sum + expectedChange(item), 0);
  return asked.seen(facts, numberOf, { lowest: -most, highest: most });
}

/** NaN if the candidate's likelihood is not known. */
function likelihoodOf(items: readonly PairedItem[], perFact: number, kind: LikelihoodKind): number {
  const isUnknown = items.some((item) => likelihoodChange(item, kind) === null);
  return isUnknown ? Number.NaN : factLikelihoodChange(items, perFact, kind);
}

/** Kinds of likelihood of all of the baseline's answers: the candidate needs them too. */
function kindsOf({ facts, itemsOf }: GradedSum): LikelihoodKind[] {
  return LIKELIHOOD_KINDS.filter((kind) =>
    facts.every((fact) => itemsOf(fact).every((item) => likelihoodChange(item, kind) !== null)),
  );
}

const LIKELIHOOD_KINDS: readonly LikelihoodKind[] = ['likelihood', 'among'];

function likelihoods(
  { facts, itemsOf }: GradedSum,
  asked: Asked,
  { sign, kind }: { readonly sign: 1 | -1; readonly kind: LikelihoodKind },
): SeenBlocks | null {
  const perFact = bytesOf(facts.flatMap(itemsOf)) / facts.length;
  const numberOf = (fact: PairedFact) => sign * likelihoodOf(itemsOf(fact), perFact, kind);
  const seen = asked.seen(facts, numberOf, { lowest: -MOST_PER_BYTE, highest: MOST_PER_BYTE });
  return seen?.blocks.flat().some(Number.isNaN) ? null : seen;
}

interface Certainty {
  readonly alpha: number;
  readonly policy: ProbePolicy;
}

/**
 * Is it excluded, but for `alpha`, that the full run does not pass this rule: that its intervals leave open the loss of
 * expected accuracy or the fall of answer likelihood or, of a part, show the fall?
 */
export function excludesGradedLoss(
  rule: GradedSum & Pick<GradedRule, 'margin'> & { readonly limit: number | null },
  asked: Asked,
  certainty: Certainty,
): boolean {
  if (!isGraded(rule)) return false;
  const { limit, margin } = rule;
  if (limit !== null) {
    const isExcluded = (kind: LikelihoodKind) => {
      const fall = likelihoods(rule, asked, { sign: 1, kind });
      const size = LIKELIHOOD_SHARES[kind][margin === null ? 'shown' : 'excluded'] * limit;
      return fall !== null && excludesMean(fall, { size, sign: margin === null ? -1 : 1 }, certainty);
    };
    if (!kindsOf(rule).every(isExcluded)) return false;
  }
  if (margin === null) return true;
  const expected = expectedChanges(rule, asked, 1);
  return expected !== null && excludesMean(expected, { size: margin, sign: 1 }, certainty);
}

/** Evidence that the mean of all is above −size, by half an interval more (sign 1) or less (−1). */
function excludesMean(
  seen: SeenBlocks,
  { size, sign }: { readonly size: number; readonly sign: 1 | -1 },
  { alpha, policy }: Certainty,
): boolean {
  const total = (numbers: readonly number[]) => -size * seen.size + sign * halfWidth(numbers, seen.size, policy);
  return evidence(seen, total, ['quiet', 'lively']) >= Math.log(1 / alpha);
}

/** Is it certain, but for `alpha`, that the full run will show a fall of likelihood that fails? */
export function showsFall(rule: GradedRule, asked: Asked, { alpha, policy }: Certainty): boolean {
  if (!isGraded(rule)) return false;
  const kinds = kindsOf(rule);
  const loss = expectedChanges(rule, asked, -1);
  if (loss === null) return false;
  const enough = Math.log((rule.failing.length * kinds.length) / alpha);
  const isShown = (seen: SeenBlocks, least: number, isOfBound: boolean) => {
    const width = (numbers: readonly number[]) => (isOfBound ? halfWidth(numbers, seen.size, policy) : 0);
    return evidence(seen, (numbers) => -least * seen.size + width(numbers), ['loud']) >= enough;
  };
  return kinds.some((kind) => {
    const fall = likelihoods(rule, asked, { sign: -1, kind });
    return rule.failing.some(
      ({ upper, expected, isOfBound }) =>
        fall !== null &&
        isShown(fall, LIKELIHOOD_SHARES[kind].shown * upper, true) &&
        isShown(loss, expected, isOfBound),
    );
  });
}

/** z·SD·√n: distance of the bound of a sum of n numbers from the sum, by the numbers so far. */
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
