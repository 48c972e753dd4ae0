import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { minimumDetectableDrop } from '../../statistics/index.ts';
import { alphaOfAll } from './twin-tests.ts';

/** The share of answers that differ between two equally good models, assumed before there are two to compare. */
export const PLANNED_DISCORDANCE = 0.1;

/** The smallest drop in accuracy over all twins that so many facts detect: an estimate before there is a baseline. */
export function plannedDrop(facts: number, policy: ProbePolicy): number | null {
  if (facts === 0) return null;
  const { drop } = policy['twin-accuracy'];
  return minimumDetectableDrop({
    n: facts,
    discordance: PLANNED_DISCORDANCE,
    alpha: alphaOfAll(policy),
    minimumDrop: drop,
  });
}
