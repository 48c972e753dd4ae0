import {
  BLOCK_MODULES,
  COMPONENTS,
  MIXER_MODULES,
  MLP_MODULES,
  MODULE_TYPES,
  type ModuleType,
} from '@shadow-gate/checkpoints/naming';
import { at, groupBy } from '@shadow-gate/platform';
import { boundedValue, increasing, type MaybeBounded, quotient } from '@shadow-gate/spectra/bounded';
import type { Metrics } from '@shadow-gate/spectra/metrics-schema';
import { MIN_SNR } from '@shadow-gate/spectra/rounding';
import { median, weightedMean } from '../statistics/index.ts';
import { roundMaybeBounded, roundNumber } from './round.ts';
import type { GroupMeasurement, Measurement, TensorMeasurement } from './schema/measurement.ts';

/** One matrix's metrics by their dotted names: `stableRank`, `topEnergy.5%`, … Nulls are left out. */
export function flattenMetrics(metrics: Metrics): Record<string, MaybeBounded> {
  const { topEnergy, ...rest } = metrics;
  const entries: Array<[string, MaybeBounded | null | undefined]> = [
    ...Object.entries(rest),
    ...Object.entries(topEnergy).map(([k, value]): [string, MaybeBounded] => [`topEnergy.${k}`, value]),
  ];
  return Object.fromEntries(entries.filter((entry): entry is [string, MaybeBounded] => (entry[1] ?? null) !== null));
}

/** Is there an update, and is it above the rounding noise of its dtype? Only such a ΔW is summarized. */
export function isUpdateJudged({
  of,
  metrics,
}: {
  readonly of: TensorMeasurement['of'];
  readonly metrics: Pick<Metrics, 'snr'> | null;
}): boolean {
  return metrics !== null && !(of === 'delta' && isBelowNoise(metrics));
}

export function isBelowNoise(metrics: Pick<Metrics, 'snr'>): boolean {
  return typeof metrics.snr === 'number' && metrics.snr < MIN_SNR;
}

/** How the spectra were computed: `fast` and `float32` if any of them was, or was screened in place of that. */
export function methodOfAll(tensors: readonly TensorMeasurement[]): NonNullable<Measurement['method']> {
  return {
    mode: tensors.some(({ method }) => method !== 'exact') ? 'fast' : 'exact',
    accumulation: tensors.some(({ accumulation }) => accumulation === 'float32') ? 'float32' : 'float64',
  };
}

/** ΔW of the whole model, and the median and parameter-weighted mean of every metric per module type and component. */
export function summarize(tensors: readonly TensorMeasurement[]): Pick<Measurement, 'model' | 'groups'> {
  const groups = groupBy(tensors.filter(isUpdateJudged), groupKey);
  return {
    model: { delta: tensors.some(({ of }) => of === 'delta') ? summarizeDelta(tensors) : null },
    groups: [...groups.values()].map(summarizeGroup).sort(inReadingOrder),
  };
}

/** The key of a group: W or ΔW of one module type of one component. */
export function groupKey({ of, component, module }: Pick<GroupMeasurement, 'of' | 'component' | 'module'>): string {
  return JSON.stringify([of, component, module]);
}

export function isScreened({ method }: Pick<TensorMeasurement, 'method'>): boolean {
  return method === 'screened';
}

/** Unique among the matrices of a measurement. */
export function tensorKey({ of, name }: Pick<TensorMeasurement, 'of' | 'name'>): string {
  return JSON.stringify([of, name]);
}

/** W before ΔW, by component, then attention, MLP, embeddings, the rest. */
function inReadingOrder(a: GroupMeasurement, b: GroupMeasurement): number {
  const rank = ({ of, component, module }: GroupMeasurement) =>
    (of === 'delta' ? 10 * MODULE_TYPES.length : 0) +
    MODULE_TYPES.length * (component === null ? 0 : COMPONENTS.indexOf(component)) +
    MODULE_TYPES.indexOf(module);
  return rank(a) - rank(b);
}

function summarizeGroup(members: readonly TensorMeasurement[]): GroupMeasurement {
  const { of, component, module } = at(members, 0);
  const sizes = members.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const flat = members.map(({ metrics }) => (metrics ? flattenMetrics(metrics) : {}));
  const keys = [...new Set(flat.flatMap(Object.keys))].sort();
  const summarize = (summary: (values: number[], weights: number[]) => number | null) =>
    Object.fromEntries(
      keys.map((key) => {
        const having = flat.flatMap((metrics, i) => (key in metrics ? [i] : []));
        const weights = having.map((i) => sizes[i] ?? 0);
        const members = having.map((i) => flat[i]?.[key] ?? 0);
        return [key, roundMaybeBounded(increasing(members, (values) => summary(values, weights)) ?? 0)];
      }),
    );
  return {
    of,
    component,
    module,
    count: members.length,
    parameters: sizes.reduce((total, size) => total + size, 0),
    median: summarize((values) => median(values)),
    weightedMean: summarize(weightedMean),
  };
}

type DeltaModel = NonNullable<Measurement['model']['delta']>;

/**
 * ΔW of the whole model. `mlpAttentionRatio` divides the median top-5% energies of MLP and attention matrices, with the
 * projections of recurrent layers among the latter. Embeddings, lm_head and routers are in neither.
 */
export function summarizeDelta(tensors: readonly TensorMeasurement[]): DeltaModel {
  const deltas = tensors.filter(({ of }) => of === 'delta');
  const blocks = blockUpdates(tensors);
  const topEnergy = (modules: readonly ModuleType[]) =>
    increasing(
      blocks
        .filter((tensor) => modules.includes(tensor.module) && isUpdateJudged(tensor))
        .flatMap(({ metrics }) => (metrics ? [metrics.topEnergy['5%']] : [])),
      (values) => median(values),
    );
  const mlpTopEnergy = topEnergy(MLP_MODULES);
  const attentionTopEnergy = topEnergy(MIXER_MODULES);
  const unsaturated = (energy: MaybeBounded | null) => (energy !== null && isSaturated(energy) ? null : energy);
  const [mlp, attention] = [unsaturated(mlpTopEnergy), unsaturated(attentionTopEnergy)];
  const ratio = mlp !== null && attention !== null ? quotient(mlp, attention) : null;
  const size = updateSize(blocks);
  return {
    mlpAttentionRatio: ratio && roundMaybeBounded(ratio),
    mlpTopEnergy: mlpTopEnergy && roundMaybeBounded(mlpTopEnergy),
    attentionTopEnergy: attentionTopEnergy && roundMaybeBounded(attentionTopEnergy),
    updateSize: size && roundNumber(size),
    belowNoise: deltas.filter(({ metrics }) => metrics !== null && isBelowNoise(metrics)).length,
    unchanged: deltas.filter(({ status }) => status === 'zero').length,
  };
}

/** ΔW of the attention and MLP matrices; in a multimodal model, those of its language model. */
export function blockUpdates(tensors: readonly TensorMeasurement[]): TensorMeasurement[] {
  const isMultimodal = tensors.some(({ component }) => component !== null && component !== 'mtp');
  return tensors.filter(
    ({ of, module, component }) =>
      of === 'delta' && component === (isMultimodal ? 'language' : null) && BLOCK_MODULES.includes(module),
  );
}

/** 5% of the directions can hold all of a low-rank update: this share is then 1, and a ratio of two means nothing. */
export const SATURATED = 0.99;

/** Why a ΔW has no MLP ÷ attention ratio. */
type RatioGap =
  | { readonly kind: 'saturated' }
  | { readonly kind: 'missing'; readonly mlp: boolean; readonly attention: boolean; readonly belowNoise: number };

/** @param delta of a model whose `mlpAttentionRatio` is null */
export function ratioGap({
  mlpTopEnergy,
  attentionTopEnergy,
  belowNoise,
}: Pick<DeltaModel, 'mlpTopEnergy' | 'attentionTopEnergy' | 'belowNoise'>): RatioGap {
  if (mlpTopEnergy !== null && attentionTopEnergy !== null) return { kind: 'saturated' };
  return { kind: 'missing', mlp: mlpTopEnergy === null, attention: attentionTopEnergy === null, belowNoise };
}

export function isSaturated(topEnergy: MaybeBounded): boolean {
  return boundedValue(topEnergy) > SATURATED;
}

/** ‖ΔW‖_F / ‖W_reference‖_F over the matrices of the blocks that changed, taken together. */
function updateSize(blocks: readonly TensorMeasurement[]): number | null {
  let update = 0;
  let origin = 0;
  for (const { metrics } of blocks) {
    if (!metrics?.updateSize) continue;
    update += metrics.frobeniusNorm ** 2;
    origin += (metrics.frobeniusNorm / metrics.updateSize) ** 2;
  }
  return origin > 0 ? Math.sqrt(update / origin) : null;
}
