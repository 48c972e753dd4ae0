import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { minimumDetectableDrop } from '../../statistics/power.ts';

/** Share of answers that differ between two models that are equally good, before any are at hand. */
export const PLANNED_DISCORDANCE = 0.1;

/**
 * The least drop of the accuracy on twins that so many facts would find, of all together: what there is to say before
 * there is a baseline.
 */
export function plannedDrop(facts: number, policy: ProbePolicy): number | null {
  const { alpha, drop } = policy['twin-accuracy'];
  if (facts === 0) return null;
  return minimumDetectableDrop({ n: facts, discordance: PLANNED_DISCORDANCE, alpha, minimumDrop: drop });
}
