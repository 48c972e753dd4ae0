import { boundedValue } from '@shadow-gate/spectra/bounded';
import { LOW_RANK_RULES } from '../../policy/policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { AppliedPolicy, ReportedRule } from '../rows/spectra.ts';
import { type AppliedRule, appliedRules, ruleLimit, ruleMovement } from './applied-rules.ts';

export function appliedPolicy(context: ComparisonContext): AppliedPolicy {
  const { rules: _, probes: __, ...settings } = context.policy;
  return { rules: appliedRules(context).map(reported), settings };
}

function reported({ rule, isDefault, level, pairs }: AppliedRule): ReportedRule {
  const [nearest = null] = pairs
    .map((pair) => {
      const { scope, baseline, candidate } = pair;
      const numbers = { baseline: boundedValue(baseline), candidate: boundedValue(candidate) };
      return { scope, ...numbers, movement: ruleMovement(rule, pair), limit: ruleLimit(rule, pair) };
    })
    .sort((a, b) => useOf(b) - useOf(a));
  return {
    ...{ metric: rule.metric, of: rule.of, statistic: rule.statistic, modules: rule.modules ?? null },
    ...{ direction: rule.direction, absolute: rule.absolute, relative: rule.relative, level },
    source: !isDefault ? 'policy' : LOW_RANK_RULES.includes(rule) ? 'low-rank' : 'default',
    judged: pairs.length,
    nearest,
  };
}

/** How much of its limit a movement uses: 1 at the limit. With a limit of 0, any movement uses all of it. */
function useOf({ movement: moved, limit }: { readonly movement: number; readonly limit: number }): number {
  if (limit > 0) return moved / limit;
  return moved > 0 ? Number.MAX_VALUE : 0;
}
