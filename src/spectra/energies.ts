import { ElementType, Graph, type Value } from '../onnx/graph.ts';
import { type Device, float64Device, float64Output, runGraph } from '../onnx/session.ts';
import { gini } from '../statistics/descriptive.ts';
import { type DifferenceSums, openDifference } from './difference.ts';
import { CACHED_BYTES, eachStrip, type MatrixSource } from './load-matrix.ts';
import type { Metrics } from './metrics-schema.ts';
import { isExactStart } from './rounding.ts';

/** Sums over the entries of a matrix, in float64. */
export interface Energies extends DifferenceSums {
  /** ‖A‖_F² (or of A − reference); not finite where A is not. */
  readonly energy: number;
  readonly rowEnergies: Float64Array | null;
}

export interface EnergyOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  readonly wantRowEnergies: boolean;
}

/** The sums that metrics need besides the singular values: one pass over the file, strip by strip along the rows. */
export async function matrixEnergies(
  matrix: MatrixSource,
  { device, reference, wantRowEnergies }: EnergyOptions,
): Promise<Energies> {
  const graph = new Graph();
  const difference = openDifference(graph, matrix, reference);
  const rows: Value[] = [];
  const overColumns = graph.constant([1], 'int64');
  const sumStrip = (cut: (value: Value) => Value) => {
    const part = difference.strip(cut);
    rows.push(graph.op('ReduceSumSquare', [part, overColumns], { keepdims: 0 }));
    return [...rows.slice(-1), ...difference.latest()];
  };
  eachStrip(graph, matrix.view.shape, 0, sumStrip, CACHED_BYTES);
  graph.output('rows', graph.op('Concat', rows, { axis: 0 }), ElementType.float64);
  difference.output();

  const outputs = await runGraph(graph, float64Device(device));
  const rowEnergies = float64Output(outputs, 'rows');
  return {
    energy: rowEnergies.reduce((sum, energy) => sum + energy, 0),
    rowEnergies: wantRowEnergies ? rowEnergies : null,
    ...difference.read(outputs),
  };
}

/** Add the metrics that are sums over the entries. */
export function addSums(
  metrics: Pick<Metrics, 'rowGini' | 'zeroRows' | 'updateSize' | 'snr' | 'referenceSnr'>,
  { energy, rowEnergies, referenceEnergy, roundingEnergy, referenceRoundingEnergy }: Energies,
): void {
  if (rowEnergies) metrics.rowGini = gini(rowEnergies);
  if (rowEnergies && referenceEnergy === null) metrics.zeroRows = countZeroRows(rowEnergies);
  if (referenceEnergy !== null) metrics.updateSize = referenceEnergy > 0 ? Math.sqrt(energy / referenceEnergy) : null;
  if (referenceRoundingEnergy !== null) metrics.referenceSnr = ratio(energy, referenceRoundingEnergy);
  const startsAsStored = isExactStart(metrics);
  if (roundingEnergy === null && (referenceRoundingEnergy === null || startsAsStored)) return;
  metrics.snr = ratio(energy, (roundingEnergy ?? 0) + (startsAsStored ? 0 : (referenceRoundingEnergy ?? 0)));
}

const ratio = (energy: number, noise: number) => (noise > 0 ? energy / noise : null);

/** A row is zero if its norm is at most this share of the largest row's: weight decay never ends at zero itself. */
const ZERO_ROW = 1e-6;

function countZeroRows(rowEnergies: Float64Array): number {
  const largest = rowEnergies.reduce((most, energy) => Math.max(most, energy), 0);
  return rowEnergies.filter((energy) => energy <= ZERO_ROW ** 2 * largest).length;
}
