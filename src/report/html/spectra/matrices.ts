import { MODULE_TYPES } from '@shadow-gate/checkpoints/naming';
import { boundedValue, difference, isVague, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { type BaselineMatrix, groupName } from '../../../compare/index.ts';
import type { Report } from '../../../compare/report.ts';
import { isSaturated, isUpdateJudged, tensorKey } from '../../../measure/aggregate.ts';
import type { TensorMeasurement } from '../../../measure/schema/index.ts';
import { plainLine } from '../../escape.ts';

/** W or ΔW of one matrix, with the baseline's if known and comparable. */
export interface ComparedMatrix {
  readonly candidate: TensorMeasurement;
  readonly baseline: BaselineMatrix | null;
  /** Module type, with the component of a vision-language model. */
  readonly group: string;
  /** Candidate − baseline of the concentration; null if either is missing, vague, or below the rounding noise. */
  readonly change: number | null;
}

/** Characters; real names have half of them. */
const NAME_LENGTH = 120;

export const matrixDisplayName = ({ candidate: { name } }: ComparedMatrix): string =>
  name === '' ? '(empty)' : plainLine(name, NAME_LENGTH);

/** Measure of concentration: `5%`, or `1` if updates fit into 5% of the directions. */
type Concentration = '1' | '5%';

export interface SpectraView {
  /** In the order of the report. */
  readonly matrices: readonly ComparedMatrix[];
  readonly concentration: Concentration;
}

export function viewSpectra(report: Report): SpectraView {
  const baselines = new Map((report.spectra?.baseline ?? []).map((matrix) => [tensorKey(matrix), matrix]));
  const of = report.tensors.some((tensor) => tensor.of === 'delta') ? 'delta' : 'weight';
  const concentration = concentrationOf(report.tensors.filter((tensor) => tensor.of === of));
  const matrices = report.tensors.map((candidate): ComparedMatrix => {
    const baseline = baselines.get(tensorKey(candidate)) ?? null;
    const mine = concentrationIn(candidate, concentration);
    const its = baseline && concentrationIn(baseline, concentration);
    const isKnown = mine !== null && its !== null && !isVague(mine) && !isVague(its);
    const change = isKnown ? difference(mine, its) : null;
    return { candidate, baseline, group: groupName(candidate), change };
  });
  return { matrices, concentration };
}

/** Every update of low rank fits into 5% of the directions. */
function concentrationOf(tensors: readonly TensorMeasurement[]): Concentration {
  const shares = tensors.flatMap(({ metrics }) => (metrics === null ? [] : [metrics.topEnergy['5%']]));
  return shares.length > 0 && 2 * shares.filter(isSaturated).length > shares.length ? '1' : '5%';
}

/** Null without a spectrum, and for an update below the rounding noise. */
function concentrationIn(matrix: Pick<BaselineMatrix, 'of' | 'metrics'>, key: Concentration): MaybeBounded | null {
  return matrix.metrics !== null && isUpdateJudged(matrix) ? matrix.metrics.topEnergy[key] : null;
}

/** By change, then by concentration; broken matrices come first. */
export function byChange({ matrices, concentration }: SpectraView): ComparedMatrix[] {
  const rank = ({ candidate, change }: ComparedMatrix): readonly number[] => {
    const value = candidate.metrics === null ? 0 : boundedValue(candidate.metrics.topEnergy[concentration]);
    return [candidate.status === 'notFinite' ? 1 : 0, change === null ? -1 : Math.abs(change), value];
  };
  const ranked = matrices.map((matrix) => ({ matrix, rank: rank(matrix) }));
  return ranked.sort((a, b) => firstDifference(b.rank, a.rank)).map(({ matrix }) => matrix);
}

const firstDifference = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, i) => value - (b[i] ?? 0)).find((gap) => gap !== 0) ?? 0;

/** Attention, MLP, embeddings, the rest; a component after the other. */
export function inReadingOrder(groups: readonly ComparedMatrix[]): string[] {
  const order = ({ candidate: { component, module } }: ComparedMatrix) =>
    `${component ?? ''} ${String(MODULE_TYPES.indexOf(module)).padStart(2, '0')}`;
  const first = new Map<string, string>();
  for (const matrix of groups) if (!first.has(matrix.group)) first.set(matrix.group, order(matrix));
  return [...first].sort(([, a], [, b]) => a.localeCompare(b)).map(([group]) => group);
}
