import { ElementType, Graph, type Value } from '../onnx/graph.ts';
import { type Device, float64Device, float64Output, runGraph } from '../onnx/session.ts';
import { gini } from '../statistics/statistics.ts';
import { isRounded, sumOfSquaredUlps } from './rounding.ts';
import { CACHED_BYTES, eachStrip, loadMatrix, type MatrixSource } from './source.ts';

/** Sums over the entries of a matrix, in float64. */
export interface Energies {
  /** ‖A‖_F² (or of A − reference); not finite where A is not. */
  readonly energy: number;
  readonly rowEnergies: Float64Array | null;
  /** ‖reference‖_F². */
  readonly referenceEnergy: number | null;
  /** Expected energy of the rounding of A to its dtype, Σ ulp²/12; null if its dtype is not a coarse one. */
  readonly roundingEnergy: number | null;
}

/** What a spectrum is judged with besides its singular values: one pass over the file, strip by strip along the rows. */
export async function matrixEnergies(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRows: boolean,
  device: Device,
): Promise<Energies> {
  const graph = new Graph();
  const minuend = loadMatrix(graph, matrix);
  const subtrahend = reference ? loadMatrix(graph, reference) : null;
  // The candidate's rounding hides an update; the reference is where it started, whatever its dtype.
  const bits = reference && isRounded(matrix.source) ? loadMatrix(graph, matrix, ElementType.uint16) : null;
  const rows: Value[] = [];
  const references: Value[] = [];
  const squaredUlps: Value[] = [];
  const overColumns = graph.constant([1], 'int64');
  const sumStrip = (cut: (value: Value) => Value) => {
    let part = graph.cast(cut(minuend), ElementType.float64);
    if (subtrahend) {
      const other = graph.cast(cut(subtrahend), ElementType.float64);
      references.push(graph.op('ReduceSumSquare', [other], { keepdims: 1 }));
      part = graph.op('Sub', [part, other]);
    }
    if (bits) squaredUlps.push(sumOfSquaredUlps(graph, cut(bits), matrix.source.dtype));
    rows.push(graph.op('ReduceSumSquare', [part, overColumns], { keepdims: 0 }));
    return [rows, references, squaredUlps].flatMap((made) => made.slice(-1));
  };
  eachStrip(graph, matrix.view.shape, 0, sumStrip, CACHED_BYTES);
  graph.output('rows', graph.op('Concat', rows, { axis: 0 }), ElementType.float64);
  if (subtrahend) graph.output('reference', graph.sum(references), ElementType.float64);
  if (bits) graph.output('squaredUlps', graph.sum(squaredUlps), ElementType.float64);

  const outputs = await runGraph(graph, float64Device(device));
  const scalar = (name: string) => float64Output(outputs, name)[0] ?? Number.NaN;
  const rowEnergies = float64Output(outputs, 'rows');
  return {
    energy: rowEnergies.reduce((sum, energy) => sum + energy, 0),
    rowEnergies: wantRows ? rowEnergies : null,
    referenceEnergy: subtrahend ? scalar('reference') : null,
    roundingEnergy: bits ? scalar('squaredUlps') / 12 : null,
  };
}

/** Add the metrics that are sums over the entries, where there are such. */
export function addSums(
  metrics: {
    rowGini?: number | null | undefined;
    updateSize?: number | null | undefined;
    snr?: number | null | undefined;
  },
  { energy, rowEnergies, referenceEnergy, roundingEnergy }: Energies,
): void {
  if (rowEnergies) metrics.rowGini = gini(rowEnergies);
  if (referenceEnergy !== null) metrics.updateSize = referenceEnergy > 0 ? Math.sqrt(energy / referenceEnergy) : null;
  if (roundingEnergy !== null) metrics.snr = roundingEnergy > 0 ? energy / roundingEnergy : null;
}
