import { type Device, float64Device, float64Output, runGraph, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type DifferenceSums, openDifference } from './difference.ts';
import { gini } from './gini.ts';
import { joinRows } from './gram.ts';
import { CACHED_BYTES, eachStrip, type MatrixSource } from './load-matrix.ts';
import type { Metrics } from './metrics-schema.ts';
import { isExactStart } from './rounding.ts';

/** Sums over the entries of a matrix, in float64. */
export interface Energies extends DifferenceSums {
  /** ‖A‖_F² (or of A − reference); not finite where A is not. */
  readonly energy: number;
  readonly rowEnergies: Float64Array | null;
}

interface ProbedEnergies extends Energies {
  /** S·Ω for probe vectors Ω, where S is AᵀA or, if A has fewer rows than columns, AAᵀ; [size of S, p] row-major. */
  readonly products: Float64Array | null;
}

interface EnergyOptions {
  readonly device: Device;
  readonly reference: MatrixSource | null;
  readonly wantRowEnergies: boolean;
  /** Probe vectors Ω, [size of S, p] row-major. */
  readonly probes?: Float64Array | null | undefined;
}

/** Sums for metrics, in one pass over the file: in strips along the rows, with probe vectors along the longer side. */
export async function matrixEnergies(
  matrix: MatrixSource,
  { device, reference, wantRowEnergies, probes = null }: EnergyOptions,
): Promise<ProbedEnergies> {
  const [m, n] = matrix.view.shape;
  const size = Math.min(m, n);
  const axis = probes && m < n ? 1 : 0;
  const graph = new Graph();
  const difference = openDifference(graph, matrix, reference);
  const rows: Value[] = [];
  const overColumns = graph.constant([1], 'int64');
  const omega = probes && graph.input('probes', ElementType.float64, [size, probes.length / size]);
  const products: Value[] = [];
  const sumStrip = (cut: (value: Value) => Value) => {
    const part = difference.strip(cut);
    rows.push(graph.op('ReduceSumSquare', [part, overColumns], { keepdims: 0 }));
    if (omega) products.push(multiplyTwice(graph, part, omega, axis, products.slice(-1)));
    return [...rows.slice(-1), ...products.slice(-1), ...difference.latest()];
  };
  eachStrip(graph, matrix.view.shape, axis, sumStrip, CACHED_BYTES);
  graph.output('rows', joinRows(graph, rows, axis), ElementType.float64);
  for (const product of products.slice(-1)) graph.output('products', product, ElementType.float64);
  difference.output();

  const feeds = probes ? { probes: tensor.floats(probes, [size, probes.length / size]) } : {};
  const outputs = await runGraph(graph, float64Device(device), {}, feeds);
  const rowEnergies = float64Output(outputs, 'rows');
  return {
    energy: rowEnergies.reduce((sum, energy) => sum + energy, 0),
    rowEnergies: wantRowEnergies ? rowEnergies : null,
    products: probes && float64Output(outputs, 'products'),
    ...difference.read(outputs),
  };
}

/** sum + stripᵀ·(strip·Ω) for a strip of rows, or sum + strip·(stripᵀ·Ω) for one of columns. */
function multiplyTwice(graph: Graph, strip: Value, omega: Value, axis: 0 | 1, sum: readonly Value[]): Value {
  const once = graph.op('Gemm', [strip, omega], { transA: axis });
  return graph.op('Gemm', [strip, once, ...sum], { transA: 1 - axis });
}

/** Adds the metrics that are sums over the entries. */
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

/** A row is zero if its norm is at most this share of the largest: weight decay never reaches zero. */
const ZERO_ROW = 1e-6;

function countZeroRows(rowEnergies: Float64Array): number {
  const largest = rowEnergies.reduce((most, energy) => Math.max(most, energy), 0);
  return rowEnergies.filter((energy) => energy <= ZERO_ROW ** 2 * largest).length;
}
