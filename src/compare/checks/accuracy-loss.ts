import { at } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import type { Finding } from '../finding.ts';
import { leastReaching, reaches } from '../pairing/limits.ts';
import type { LossTest } from '../rows/losses.ts';
import { type HarmRule, type KnownAnswers, lostAnswers, nearTiesOf, withHolm } from '../sequential/harm-rule.ts';
import { levelOfLoss } from '../tests/graded-losses.ts';
import { alphaOfLosses, dropLimitOf, ITEMS_OF_FORM, isOfEverything, type LossScope } from '../tests/losses.ts';

/**
 * A loss in either form that an exact paired test shows, over all facts, a capability or a suite. Twin accuracy leaves
 * out families in which both models may be guessing, which a fall to chance looks like. These tests leave out nothing,
 * at a stricter level. A loss that retention or twin accuracy reports is not reported twice.
 */
export const accuracyLossCheck = { findAfter, harm } satisfies Check;

function findAfter({ probes, policy }: ComparisonContext, { answers }: FoundBySubject): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level } = policy['twin-accuracy'];
  const isForgotten = answers.some(({ kind }) => kind === 'retention');
  const known = answers.flatMap((finding) => (finding.kind === 'twin-accuracy' ? [finding] : []));
  const isKnown = ({ form, capability, suite }: LossTest) => {
    if (form === 'benchmark') return isForgotten;
    if (form === 'both') return known.some((other) => other.capability === null);
    return known.some((other) => other.capability === null || (suite === null && other.capability === capability));
  };
  const { comparison, lossScopes, pool } = probes.evaluation;
  const shown = comparison.losses
    .map((loss, i) => {
      const { facts } = at(lossScopes, i);
      return { ...loss, facts, limit: limitOf({ ...loss, facts }, policy) };
    })
    .filter((loss) => loss.p < loss.alpha && reaches(-loss.change, loss.limit));
  // A loss of all facts needs no list of parts, and says nothing about suites outside the pool.
  const whole = new Set(shown.filter(isOfEverything).map(({ form }) => form));
  const isApart = ({ suite }: LossTest) => suite !== null && !pool.has(suite);
  return shown
    .filter((loss) => isApart(loss) || !isKnown(loss))
    .filter((loss) => isApart(loss) || isOfEverything(loss) || !whole.has(loss.form))
    .map((loss) => {
      const { alpha: _, facts, limit, ...rest } = loss;
      const reach = isOfEverything(loss) ? 'all' : 'part';
      const shown = { facts, itemsOf: ITEMS_OF_FORM[loss.form], drop: -loss.change, limit, reach } as const;
      return { kind: 'accuracy-loss', level: levelOfLoss(level, shown, policy), ...rest, limit };
    });
}

function harm({ evaluation }: KnownAnswers, policy: ProbePolicy): HarmRule[] {
  const rules = evaluation.lossScopes.map(({ facts, ...scope }) => {
    const lost = lostAnswers(scope.form, facts);
    const of = { kind: 'accuracy-loss', ...scope } as const;
    const limit = limitOf({ ...scope, facts }, policy);
    const reach = isOfEverything(scope) ? 'all' : 'part';
    const nearTies = nearTiesOf(lost, { itemsOf: ITEMS_OF_FORM[scope.form], limit, reach }, policy);
    return { of, isPart: !isOfEverything(scope), ...lost, least: leastReaching(limit, lost.units), nearTies };
  });
  const alpha = alphaOfLosses(policy);
  const parts = rules.filter(({ isPart }) => isPart);
  return [
    ...rules
      .filter(({ isPart }) => !isPart)
      .map((rule) => {
        const own = alphaOfLosses(policy, rule.of.form);
        return { ...rule, alpha: own, loosest: own };
      }),
    ...withHolm(
      parts.map((part) => ({ ...part, alpha: alpha / parts.length })),
      alpha,
    ),
  ];
}

function limitOf({ facts, form, ...scope }: LossScope, policy: ProbePolicy): number {
  return dropLimitOf(scope, facts.flatMap(ITEMS_OF_FORM[form]), policy);
}
