import { isEmbedding } from '@shadow-gate/checkpoints/naming';
import { boundedValue, difference, isVague, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { blockUpdates, groupKey, isScreened } from '../../measure/aggregate.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import { MODEL_METRICS } from '../../policy/metrics.ts';
import { type Finding, findingPlaces, findingReason, SEVERITY } from '../finding.ts';
import type { MetricDelta } from '../rows/spectra.ts';
import type { Comparability } from './comparability.ts';
import { withDerived } from './derived-metrics.ts';
import { lowRankGroups } from './low-rank.ts';
import { groupName } from './pair-metrics.ts';

const HEADLINE_METRICS = [...MODEL_METRICS, 'updateSize'] as const;

/** One row per module type: concentration of the update or, without an update, of the weight. */
const DELTA_METRICS = ['topEnergy.5%'];
/** In place of that share: a low-rank update fits into 5% of the directions. */
const LOW_RANK_METRICS = ['topEnergyLogOdds', 'effectiveRankExcess', 'frobeniusNorm'];
const WEIGHT_METRICS = ['topEnergy.1'];
const EMBEDDING_METRICS = ['rowGini'];

/** Candidate − baseline for the model and for medians of module types. @param findings decide the levels */
export function metricDeltas(
  candidate: Measurement,
  baseline: Measurement | null,
  comparability: Comparability,
  findings: readonly Finding[],
): MetricDelta[] {
  const marks = findings.map((finding) => ({
    ...aboutOf(finding),
    level: finding.level,
    places: findingPlaces(finding),
  }));
  /** The gravest, since a rule and a calibration may both judge a number. */
  const levelOf = (metric: string, of: MetricDelta['of'], place: string): MetricDelta['level'] => {
    const own = marks.filter((mark) => mark.metric === metric && mark.of === of && mark.places.includes(place));
    return SEVERITY.find((level) => own.some((mark) => mark.level === level)) ?? 'info';
  };
  // Readers compare numbers that stand side by side, whatever the verdict is.
  const comparable = (of: MetricDelta['of']) =>
    (of === 'delta' ? comparability.deltas : comparability.weights) ? baseline : null;
  const delta = candidate.model.delta;
  const other = comparable('delta')?.model.delta ?? null;
  const lowRank = lowRankGroups(candidate);
  const model = delta
    ? headlines(lowRank.size > 0, [delta, other]).map((metric) =>
        row(
          { metric, of: 'delta', component: null, module: null, level: levelOf(metric, 'delta', 'model') },
          delta[metric],
          other?.[metric] ?? null,
          blockUpdates(candidate.tensors).some(isScreened),
        ),
      )
    : [];
  const of = delta ? 'delta' : 'weight';
  const groups = candidate.groups.filter((group) => group.of === of);
  return [
    ...model,
    ...groups.flatMap((group) => {
      const { component, module, median } = group;
      const key = groupKey(group);
      const theirs = comparable(of)?.groups.find((item) => groupKey(item) === key);
      const metrics = [
        ...(lowRank.has(key) ? LOW_RANK_METRICS : of === 'delta' ? DELTA_METRICS : WEIGHT_METRICS),
        ...(isEmbedding(module) ? EMBEDDING_METRICS : []),
      ];
      return metrics.map((metric) =>
        row(
          { metric, of, component, module, level: levelOf(metric, of, groupName(group)) },
          withDerived(median)[metric] ?? null,
          (theirs && withDerived(theirs.median)[metric]) ?? null,
          candidate.tensors.some((tensor) => isScreened(tensor) && groupKey(tensor) === key),
        ),
      );
    }),
  ];
}

/** An update size outside the calibrated range has no rule of its own. */
function aboutOf(finding: Finding): { readonly metric: string; readonly of: MetricDelta['of'] | null } {
  return finding.kind === 'not-calibrated-here' ? { metric: 'updateSize', of: 'delta' } : findingReason(finding);
}

type DeltaModel = NonNullable<Measurement['model']['delta']>;

/** A low-rank update has no ratio, and shares of 1: both would only be in the way. */
function headlines(isLowRank: boolean, models: readonly (DeltaModel | null)[]) {
  return isLowRank && models.every((model) => (model?.mlpAttentionRatio ?? null) === null)
    ? (['updateSize'] as const)
    : HEADLINE_METRICS;
}

type Key = Pick<MetricDelta, 'metric' | 'of' | 'component' | 'module' | 'level'>;

/** @param isOfScreened whether the candidate's number rests on bounds from a few products */
function row(key: Key, mine: MaybeBounded | null, its: MaybeBounded | null, isOfScreened: boolean): MetricDelta {
  const vague = isOfScreened && mine !== null && isVague(mine) ? mine : null;
  const [candidate, baseline] = [vague ? null : mine && boundedValue(mine), its && boundedValue(its)];
  const change = mine !== null && its !== null && vague === null ? difference(mine, its) : null;
  // Log-odds of 0 are a share of one half: their scale has no unit that a change could be relative to.
  const isRelative = key.metric !== 'topEnergyLogOdds';
  const relativeChange = isRelative && change !== null && baseline ? change / Math.abs(baseline) : null;
  // A share that may be 0 or 1 has log-odds without an end: nothing is certain then.
  const isBounded = vague !== null && Number.isFinite(vague.low) && Number.isFinite(vague.high);
  const bounds = isBounded && { bounds: { low: vague.low, high: vague.high } };
  return { ...key, baseline, candidate, change, relativeChange, ...bounds };
}
