import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { alphaOfAll } from '../probes/twin-tests.ts';

/** A drop at the limit counts, whatever the last bit of a float is. */
const ROUNDING = 1e-12;

/**
 * The verdict on twin accuracy: a drop that is significant (exact paired test, `alpha` of the policy) and at least as large
 * as the policy's limit, over all twins and over each capability.
 */
export function twinAccuracy({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { twinTests } = probes.evaluation;
  const { alpha, level, drop, 'capability-drop': capabilityDrop } = policy['twin-accuracy'];
  // One capability alone is the same twins as all: one test, one finding.
  const several = twinTests.length > 2;
  return twinTests
    .filter(({ capability }) => capability === null || several)
    .flatMap(({ capability, change, accuracy }): Finding[] => {
      const limit = capability === null ? drop : capabilityDrop;
      const least = capability === null ? alphaOfAll(policy) : alpha;
      const isDrop = change.p < least && change.value < 0 && -change.value >= limit - ROUNDING;
      if (!isDrop) return [];
      const { value, twins, lost, won, p } = change;
      return [{ kind: 'twin-accuracy', level, capability, ...accuracy, change: value, twins, lost, won, p, limit }];
    });
}
