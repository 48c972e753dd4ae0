import { wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { boundedValue, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { profileRanks, STRONG } from '@shadow-gate/spectra/metrics';
import { flattenMetrics, groupKey, isUpdateJudged, tensorKey } from '../../measure/aggregate.ts';
import type { GroupMeasurement, Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import { MODEL_METRICS } from '../../policy/metrics.ts';
import type { Comparability } from './comparability.ts';
import { withDerived } from './derived-metrics.ts';
import { lowRankGroups } from './low-rank.ts';
import type { MetricPair, WeightPair, WeightSummary } from './metric-pair.ts';
import { placeName } from './place.ts';

export function pairMetrics(candidate: Measurement, baseline: Measurement, comparability: Comparability): MetricPair[] {
  const may = ({ of }: Pick<MetricPair, 'of'>) => (of === 'delta' ? comparability.deltas : comparability.weights);
  const [ours, theirs] = [lowRankGroups(candidate), lowRankGroups(baseline)];
  const isLowRank: IsLowRank = (place) => ours.has(groupKey(place)) && theirs.has(groupKey(place));
  return [
    ...pairModel(candidate, baseline),
    ...pairGroups(candidate, baseline, isLowRank),
    ...pairTensors(candidate, baseline, isLowRank),
  ].filter(may);
}

type IsLowRank = (place: Pick<GroupMeasurement, 'of' | 'component' | 'module'>) => boolean;

function pairModel(candidate: Measurement, baseline: Measurement): MetricPair[] {
  const [ours, theirs] = [candidate.model.delta, baseline.model.delta];
  if (!ours || !theirs) return [];
  const about = { of: 'delta', statistic: 'model', module: null, scope: { kind: 'model' }, isLowRank: false } as const;
  return MODEL_METRICS.flatMap((metric) => {
    const [mine, its] = [ours[metric], theirs[metric]];
    return mine === null || its === null ? [] : [{ ...about, metric, candidate: mine, baseline: its }];
  });
}

function pairGroups(candidate: Measurement, baseline: Measurement, isLowRank: IsLowRank): MetricPair[] {
  const theirs = new Map(baseline.groups.map((group) => [groupKey(group), group]));
  return candidate.groups.flatMap((group) => {
    const other = theirs.get(groupKey(group));
    if (!other) return [];
    const scope = { kind: 'modules', name: groupName(group) } as const;
    const about = { of: group.of, module: group.module, scope, isLowRank: isLowRank(group) };
    return (['median', 'weightedMean'] as const).flatMap((statistic) =>
      pairs(group[statistic], other[statistic]).map((numbers) => ({ ...about, statistic, ...numbers })),
    );
  });
}

function pairTensors(candidate: Measurement, baseline: Measurement, isLowRank: IsLowRank): MetricPair[] {
  const theirs = tensorsByKey(baseline);
  return candidate.tensors.flatMap((tensor) => {
    const other = theirs.get(tensorKey(tensor));
    if (!other || !tensor.metrics || !other.metrics || !isUpdateJudged(tensor) || !isUpdateJudged(other)) return [];
    const { of, module, name } = tensor;
    const scope = { kind: 'tensor', name } as const;
    const about = { of, module, statistic: 'each', scope, isLowRank: isLowRank(tensor) } as const;
    return pairs(flattenMetrics(tensor.metrics), flattenMetrics(other.metrics)).map((own) => ({ ...about, ...own }));
  });
}

export function pairWeights(candidate: Measurement, baseline: Measurement | null): WeightPair[] {
  const theirs = baseline ? tensorsByKey(baseline) : new Map<string, TensorMeasurement>();
  return candidate.tensors.flatMap((tensor) => {
    // A matrix that is not finite is reported as that.
    if (tensor.of !== 'weight' || tensor.status === 'notFinite') return [];
    const other = theirs.get(tensorKey(tensor));
    const { name, module, shape } = tensor;
    const before = other && other.status !== 'notFinite' ? summarize(other) : null;
    const sides = { candidate: summarize(tensor), baseline: before };
    return [{ name, group: groupName(tensor), module, shape: wholeMatrix(shape).shape, ...sides }];
  });
}

function summarize({ metrics, spectrum, shape }: TensorMeasurement): WeightSummary {
  if (metrics === null) {
    const ranks = { any: 0, aboveRounding: 0, strong: 0 };
    return { topEnergy: 0, ranks, zeroRows: null, rounding: null, profile: [] };
  }
  const { rank, rankAboveRounding = null, 'rankAt1e-2': strong = null, zeroRows = null, roundingLimit } = metrics;
  const largest = boundedValue(metrics.spectralNorm);
  const ranks = profileRanks(Math.min(...wholeMatrix(shape).shape));
  return {
    topEnergy: boundedValue(metrics.topEnergy['1']),
    ranks: { any: rank, aboveRounding: rankAboveRounding, strong },
    zeroRows,
    rounding: roundingLimit === undefined ? null : { sigma: largest * roundingLimit, hides: roundingLimit > STRONG },
    profile:
      spectrum.length === ranks.length ? ranks.map((at, i) => ({ rank: at, sigma: largest * (spectrum[i] ?? 0) })) : [],
  };
}

/** `q_proj`, or `vision q_proj` in a vision-language model. */
export function groupName({ component, module }: Pick<GroupMeasurement, 'component' | 'module'>): string {
  return placeName({ component, module });
}

function tensorsByKey(measurement: Measurement): Map<string, TensorMeasurement> {
  return new Map(measurement.tensors.map((tensor) => [tensorKey(tensor), tensor]));
}

function pairs(ours: Record<string, MaybeBounded>, theirs: Record<string, MaybeBounded>) {
  const other = withDerived(theirs);
  return Object.entries(withDerived(ours)).flatMap(([metric, candidate]) => {
    const baseline = other[metric];
    return baseline === undefined ? [] : [{ metric, candidate, baseline }];
  });
}
