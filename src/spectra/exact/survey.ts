import { ElementType, Graph, type Value } from '../../onnx/graph.ts';
import { type Device, float64Output, runGraph } from '../../onnx/session.ts';
import { isRounded, sumOfSquaredUlps } from '../rounding.ts';
import { eachStrip, loadMatrix, type MatrixSource } from '../source.ts';

/** Sums over a matrix, in float64. */
export interface Survey {
  /** ‖A‖_F², or ‖A − reference‖_F²; not finite if an entry or a square is not. */
  readonly energy: number;
  readonly rowEnergies: Float64Array | null;
  /** ‖reference‖_F². */
  readonly referenceEnergy: number | null;
  /** Expected energy of the rounding of A to its dtype, Σ ulp²/12; null if its dtype is not a coarse one. */
  readonly roundingEnergy: number | null;
}

/** What a spectrum is judged with besides its singular values: one pass over the file, strip by strip. */
export async function survey(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowEnergies: boolean,
  device: Device,
): Promise<Survey> {
  const graph = new Graph();
  const value = loadMatrix(graph, matrix);
  const other = reference ? loadMatrix(graph, reference) : null;
  // The candidate's rounding hides an update; the reference is where it started, whatever its dtype.
  const bits = reference && isRounded(matrix.source) ? loadMatrix(graph, matrix, ElementType.uint16) : null;
  const sums: Record<'energy' | 'rowEnergies' | 'referenceEnergy' | 'squaredUlps', Value[]> = {
    energy: [],
    rowEnergies: [],
    referenceEnergy: [],
    squaredUlps: [],
  };
  // Along the rows: each strip then holds whole ones.
  eachStrip(graph, matrix.view.shape, 0, (cut) => {
    let part = graph.cast(cut(value), ElementType.float64);
    if (other) {
      const origin = graph.cast(cut(other), ElementType.float64);
      sums.referenceEnergy.push(graph.op('ReduceSumSquare', [origin], { keepdims: 1 }));
      part = graph.op('Sub', [part, origin]);
    }
    if (bits) sums.squaredUlps.push(sumOfSquaredUlps(graph, cut(bits), matrix.source.dtype));
    if (wantRowEnergies) {
      sums.rowEnergies.push(graph.op('ReduceSumSquare', [part, graph.constant([1], 'int64')], { keepdims: 0 }));
    }
    sums.energy.push(graph.op('ReduceSumSquare', [part], { keepdims: 1 }));
    return Object.values(sums).flatMap((made) => made.slice(-1));
  });
  graph.output('energy', graph.sum(sums.energy), ElementType.float64);
  if (wantRowEnergies) {
    graph.output('rowEnergies', graph.op('Concat', sums.rowEnergies, { axis: 0 }), ElementType.float64);
  }
  if (other) graph.output('referenceEnergy', graph.sum(sums.referenceEnergy), ElementType.float64);
  if (bits) graph.output('squaredUlps', graph.sum(sums.squaredUlps), ElementType.float64);

  const outputs = await runGraph(graph, device);
  const scalar = (name: string) => float64Output(outputs, name)[0] ?? Number.NaN;
  return {
    energy: scalar('energy'),
    rowEnergies: wantRowEnergies ? float64Output(outputs, 'rowEnergies') : null,
    referenceEnergy: other ? scalar('referenceEnergy') : null,
    roundingEnergy: bits ? scalar('squaredUlps') / 12 : null,
  };
}
