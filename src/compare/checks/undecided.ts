import { BLOCK_MODULES, MIXER_MODULES, MLP_MODULES, type ModuleType } from '@shadow-gate/checkpoints/naming';
import { boundedValue, upperBound } from '@shadow-gate/spectra/bounded';
import {
  blockUpdates,
  flattenMetrics,
  isScreened,
  isUpdateJudged,
  SATURATED,
  summarizeDelta,
  tensorKey,
} from '../../measure/aggregate.ts';
import type { CompletedSpectrum } from '../../measure/options.ts';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import type { PolicyRule } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { withDerived } from '../spectra/derived-metrics.ts';
import { lowRankGroups } from '../spectra/low-rank.ts';
import type { MetricPair, WeightPair } from '../spectra/metric-pair.ts';
import { boundsWidth } from '../spectra/metric-range.ts';
import { groupName } from '../spectra/pair-metrics.ts';
import { appliedRules, reach, ruleLimit } from './applied-rules.ts';
import { isLargeIn } from './spikes.ts';
import { sameAsBaseline } from './untrained.ts';

// Which screened matrices need their full spectra. A screen is enough if every number within its bounds leads to the
// same findings, as the full spectrum lies between them. A rule that may report something makes all that it reads
// undecided, so that a screen is never the evidence of a finding.

/** A full fast spectrum has bounds too, whose middle some checks read: within this share of the true number. */
const WIDTH_OF_FULL = 0.01;

/**
 * Whether a matrix may be screened before anything is known of it. The headline of a report, and the history, read the
 * updates of attention and MLP; calibrations, and the rules for low-rank updates, read all updates.
 */
export function mayScreen(
  { of, module }: Pick<TensorMeasurement, 'of' | 'module'>,
  baseline: Measurement,
  isCalibrated: boolean,
): boolean {
  if (of === 'weight') return true;
  return !(BLOCK_MODULES.includes(module) || isCalibrated || lowRankGroups(baseline).size > 0);
}

export function undecided(context: ComparisonContext): CompletedSpectrum[] {
  const { candidate, baseline } = context;
  if (!candidate.tensors.some(isScreened)) return [];
  if (baseline === null || baseline.tensors.some(isScreened)) {
    return causes(candidate.tensors, 'rule', 'topEnergy.1');
  }
  return [
    ...lowRank(context),
    ...appliedRules(context).flatMap(({ rule, pairs }) => pairs.flatMap((pair) => readBy(rule, pair, context))),
    ...spiking(context),
    ...causes(sameAsBaseline(context), 'unchanged', 'topEnergy.1'),
  ];
}

function causes(tensors: readonly TensorMeasurement[], cause: CompletedSpectrum['cause'], metric: string) {
  return tensors.filter(isScreened).map(({ of, name }) => ({ of, name, cause, metric }));
}

/** With other rules or a calibration, ΔW is not screened. Else its medians must prove that it is not of low rank. */
function lowRank({ candidate, baseline, calibration }: ComparisonContext): CompletedSpectrum[] {
  const updates = candidate.tensors.filter(({ of }) => of === 'delta');
  const isLowRank = [candidate, baseline].some((side) => side !== null && lowRankGroups(side).size > 0);
  if (calibration !== null || isLowRank) return causes(updates, 'low-rank', 'topEnergy.5%');
  const { mlpTopEnergy, attentionTopEnergy } = summarizeDelta(candidate.tensors);
  return [
    { median: mlpTopEnergy, modules: MLP_MODULES, direction: 'up' as const },
    // The ratio divides by it: if it is high, both are certain.
    { median: attentionTopEnergy, modules: MIXER_MODULES, direction: 'down' as const },
  ].flatMap(({ median, modules, direction }) =>
    median !== null && upperBound(median) * (1 + WIDTH_OF_FULL) > SATURATED
      ? causes(
          nextOfMedian(blocksOf(candidate, modules), direction, orderBy('topEnergy.5%', baseline)),
          'low-rank',
          'topEnergy.5%',
        )
      : [],
  );
}

function blocksOf({ tensors }: Measurement, modules: readonly ModuleType[]): TensorMeasurement[] {
  return blockUpdates(tensors).filter((tensor) => modules.includes(tensor.module) && isUpdateJudged(tensor));
}

/** Open matrices that a rule reads, as many as may decide it. */
function readBy(rule: PolicyRule, pair: MetricPair, { candidate, baseline }: ComparisonContext): CompletedSpectrum[] {
  if (!(reach(rule, pair) > ruleLimit(rule, pair))) return [];
  const wanted = (tensors: readonly TensorMeasurement[]) => causes(tensors, 'rule', rule.metric);
  const next = (modules: readonly ModuleType[], direction: PolicyRule['direction']) =>
    nextOfMedian(blocksOf(candidate, modules), direction, orderBy('topEnergy.5%', baseline));
  const { direction } = rule;
  if (pair.statistic === 'model') {
    const opposite = direction === 'up' ? 'down' : direction === 'down' ? 'up' : 'any';
    return wanted([
      ...(rule.metric === 'attentionTopEnergy' ? [] : next(MLP_MODULES, direction)),
      ...(rule.metric === 'mlpTopEnergy'
        ? []
        : next(MIXER_MODULES, rule.metric === 'attentionTopEnergy' ? direction : opposite)),
    ]);
  }
  const { scope, of } = pair;
  if (scope.kind === 'model') return [];
  if (pair.statistic === 'each') {
    return wanted(candidate.tensors.filter((tensor) => tensor.of === of && tensor.name === scope.name));
  }
  const members = candidate.tensors.filter(
    (tensor) => tensor.of === of && groupName(tensor) === scope.name && isUpdateJudged(tensor),
  );
  return wanted(
    pair.statistic === 'median' ? nextOfMedian(members, direction, orderBy(rule.metric, baseline)) : members,
  );
}

/** Value of the same matrix in the baseline; 0 without one. */
type Order = (tensor: TensorMeasurement) => number;

function orderBy(metric: string, baseline: Measurement | null): Order {
  const values = new Map(
    (baseline?.tensors ?? []).flatMap((tensor) => {
      const value = tensor.metrics && withDerived(flattenMetrics(tensor.metrics))[metric];
      return value ? [[tensorKey(tensor), boundedValue(value)] as const] : [];
    }),
  );
  return (tensor) => values.get(tensorKey(tensor)) ?? 0;
}

/**
 * The next members of a median to measure in full. One more than half decide it: first those that should, by the
 * baseline, be on the side where the rule is kept; if they are not, all others.
 */
function nextOfMedian(
  members: readonly TensorMeasurement[],
  direction: PolicyRule['direction'],
  expected: Order,
): readonly TensorMeasurement[] {
  const screened = members.filter(isScreened);
  const lacking = Math.floor(members.length / 2) + 1 - (members.length - screened.length);
  if (direction === 'any' || lacking <= 0) return screened;
  const sign = direction === 'up' ? 1 : -1;
  return [...screened].sort((a, b) => sign * (expected(a) - expected(b))).slice(0, lacking);
}

/** Possible spikes of W. A spike depends on all of its type: all are read if a full spectrum has a large direction. */
function spiking({ candidate, policy, weights }: ComparisonContext): CompletedSpectrum[] {
  const tensors = new Map(candidate.tensors.map((tensor) => [tensorKey(tensor), tensor]));
  const tensorOf = ({ name }: WeightPair) => tensors.get(tensorKey({ of: 'weight', name }));
  const isLargeAtMost = (weight: WeightPair) => {
    const most = upperBound(tensorOf(weight)?.metrics?.topEnergy['1'] ?? 0);
    const topEnergy = Math.min(1, most * (1 + WIDTH_OF_FULL));
    return isLargeIn(policy, { ...weight, candidate: { ...weight.candidate, topEnergy } });
  };
  const isFull = (weight: WeightPair) => tensorOf(weight)?.method !== 'screened';
  const large = new Set(
    weights.filter((weight) => isFull(weight) && isLargeIn(policy, weight)).map(({ group }) => group),
  );
  const open = weights.filter((weight) => large.has(weight.group) || isLargeAtMost(weight));
  return causes(
    open.flatMap((weight) => tensorOf(weight) ?? []),
    'spike',
    'topEnergy.1',
  );
}

/** Screened matrices that were enough for another baseline or policy. A check completes them; compared files cannot. */
export function leftOpenCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline } = context;
  const [screened] = baseline?.tensors.filter(isScreened) ?? [];
  if (screened) return [tooWide(screened, 'topEnergy.1', 'baseline')];
  const open = undecided(context);
  return open.flatMap(({ of, name, metric }, i) => {
    // One per metric stands for all.
    if (open.findIndex((other) => other.of === of && other.metric === metric) !== i) return [];
    const tensor = candidate.tensors.find((other) => other.of === of && other.name === name);
    return tensor ? [tooWide(tensor, metric, 'candidate')] : [];
  });
}

function tooWide({ of, name, metrics }: TensorMeasurement, metric: string, side: 'candidate' | 'baseline'): Finding {
  const numbers: ReturnType<typeof withDerived> = metrics === null ? {} : withDerived(flattenMetrics(metrics));
  const measured = numbers[metric] ?? numbers['topEnergy.5%'] ?? 0;
  return {
    kind: 'bounds-too-wide',
    level: 'inconclusive',
    metric,
    of,
    scope: { kind: 'tensor', name },
    side,
    width: boundsWidth(measured, boundedValue(measured)),
    limit: 0,
    isScreened: true,
  };
}
