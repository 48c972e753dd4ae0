import type { Check } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { type GradedLoss, isOfAllFacts, likelihoodIsExcluded } from '../probes/graded-losses.ts';

/**
 * A fall of the answer likelihood beyond the policy's limit, with its bound: over everything, a capability or a suite. Expected accuracy
 * that fell as well makes it a failure; a fall alone may be another style, and warns.
 */
export const likelihoodLossCheck = find satisfies Check;

function find({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level, limit } = policy['answer-likelihood'];
  const fallen = probes.evaluation.comparison.graded.filter(
    ({ likelihood }) => likelihood?.upper != null && likelihood.upper < -limit,
  );
  // What all facts together lost needs no list of its parts.
  const shown = fallen.some(isOfAllFacts) ? fallen.filter(isOfAllFacts) : fallen;
  return shown.flatMap((row) => {
    const numbers = numbersOf(row, limit);
    const isConfirmed = row.expected.value < 0;
    return numbers === null
      ? []
      : [{ kind: 'likelihood-loss', level: level === 'fail' && !isConfirmed ? 'warn' : level, ...numbers }];
  });
}

/** A fall over everything that the bound does not rule out. */
export function unclearLikelihood({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level, limit } = policy['answer-likelihood'];
  const row = probes.evaluation.comparison.graded.find(isOfAllFacts);
  if (level === 'info' || row === undefined || likelihoodIsExcluded(row, policy)) return [];
  const numbers = numbersOf(row, limit);
  return numbers === null ? [] : [{ kind: 'likelihood-unclear', level: 'inconclusive', ...numbers }];
}

function numbersOf({ capability, suite, likelihood, expected }: GradedLoss, limit: number) {
  if (likelihood === null) return null;
  const { facts, value, lower, upper } = likelihood;
  if (lower === null || upper === null) return null;
  return { capability, suite, facts, change: value, lower, upper, limit, expected: expected.value };
}
