import { boundedValue } from '@shadow-gate/spectra/bounded';
import { z } from 'zod';
import { moduleSchema, ofSchema } from '../../measure/schema/index.ts';
import { LOW_RANK_RULES, policySchema } from '../../policy/policy.ts';
import type { ComparisonContext } from '../context.ts';
import { scopeSchema } from '../finding.ts';
import { type AppliedRule, appliedRules, ruleLimit, ruleMovement } from './applied-rules.ts';

/** A rule on a metric, and how near the candidate came to its limit. */
const appliedRuleSchema = z.strictObject({
  metric: z.string(),
  of: ofSchema,
  statistic: z.enum(['median', 'weightedMean', 'each']),
  /** Module types that it is for; null: all of them. */
  modules: z.array(moduleSchema).nullable(),
  direction: z.enum(['up', 'down', 'any']),
  absolute: z.number(),
  relative: z.number(),
  level: z.enum(['info', 'warn', 'fail']),
  /** `low-rank`: a default for updates of low rank. */
  source: z.enum(['policy', 'default', 'low-rank']),
  /** How many numbers of the candidate it compares with the baseline's. */
  judged: z.int().nonnegative(),
  /** The one that came nearest to its limit, or went furthest beyond; null where there is none to compare. */
  nearest: z
    .strictObject({
      scope: scopeSchema,
      baseline: z.number(),
      candidate: z.number(),
      /**
       * How far it certainly moved in the direction of the rule, and how far it may, both in the unit of the metric.
       */
      movement: z.number(),
      limit: z.number(),
    })
    .nullable(),
});
export type ReportedRule = z.infer<typeof appliedRuleSchema>;

/** The policy as it was applied: its file may have changed since. */
export const appliedPolicySchema = z.strictObject({
  rules: z.array(appliedRuleSchema),
  /** Every other key of the policy, with its default where the file has none; which suites ran is in `probes`. */
  settings: policySchema.omit({ rules: true, probes: true }),
});
type AppliedPolicy = z.infer<typeof appliedPolicySchema>;
export type AppliedSettings = AppliedPolicy['settings'];

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
