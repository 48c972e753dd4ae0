import { groupKey, isSaturated } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/index.ts';

/** By `groupKey`: adapters, or merged within 5% of the directions. One narrow module type is left to the ratio. */
export function lowRankGroups(measurement: Measurement): ReadonlySet<string> {
  const ofAdapter = new Set(measurement.tensors.filter(({ loraRank }) => loraRank !== undefined).map(groupKey));
  const { delta } = measurement.model;
  const isMerged = [delta?.mlpTopEnergy, delta?.attentionTopEnergy].some((energy) => energy && isSaturated(energy));
  if (ofAdapter.size === 0 && !isMerged) return new Set();
  const saturated = measurement.groups.filter(({ of, median }) => {
    const energy = median['topEnergy.5%'];
    return of === 'delta' && energy !== undefined && isSaturated(energy);
  });
  return new Set([...ofAdapter, ...saturated.map(groupKey)]);
}
