import { ElementType, type Graph, type Value } from '../onnx/graph.ts';
import { float64Output, type Outputs } from '../onnx/session.ts';
import { loadMatrix, type MatrixSource } from './load-matrix.ts';
import { isRounded, sumOfSquaredUlps } from './rounding.ts';

/** Sums over entries that tell how large and how sure an update is. */
export interface DifferenceSums {
  /** ‖reference‖_F²; null without one. */
  readonly referenceEnergy: number | null;
  /** Expected energy of the rounding of A to its dtype, Σ ulp²/12; null without a reference, or if its dtype is not a coarse one. */
  readonly roundingEnergy: number | null;
}

/** A, or A − reference, in float64, strip by strip, with the sums that are made on the way. */
export interface Difference {
  /** @param cut cuts the strip at hand out of a whole matrix */
  strip(cut: (value: Value) => Value): Value;
  /** What is kept of the latest strip beside it. */
  latest(): Value[];
  /** Make the sums of all strips outputs of the graph. */
  output(): void;
  /** The sums, of what a run gave back. */
  read(outputs: Outputs): DifferenceSums;
}

export function openDifference(graph: Graph, matrix: MatrixSource, reference: MatrixSource | null): Difference {
  const minuend = loadMatrix(graph, matrix);
  const subtrahend = reference ? loadMatrix(graph, reference) : null;
  // The candidate's rounding hides an update; the reference is where it started, whatever its dtype.
  const bits = reference && isRounded(matrix.source) ? loadMatrix(graph, matrix, ElementType.uint16) : null;
  const references: Value[] = [];
  const squaredUlps: Value[] = [];
  return {
    strip(cut) {
      let part = graph.cast(cut(minuend), ElementType.float64);
      if (subtrahend) {
        const other = graph.cast(cut(subtrahend), ElementType.float64);
        references.push(graph.op('ReduceSumSquare', [other], { keepdims: 1 }));
        part = graph.op('Sub', [part, other]);
      }
      if (bits) squaredUlps.push(sumOfSquaredUlps(graph, cut(bits), matrix.source.dtype));
      return part;
    },
    latest: () => [...references.slice(-1), ...squaredUlps.slice(-1)],
    output() {
      if (subtrahend) graph.output('reference', graph.sum(references), ElementType.float64);
      if (bits) graph.output('squaredUlps', graph.sum(squaredUlps), ElementType.float64);
    },
    read(outputs) {
      const scalar = (name: string) => float64Output(outputs, name)[0] ?? Number.NaN;
      return {
        referenceEnergy: subtrahend ? scalar('reference') : null,
        roundingEnergy: bits ? scalar('squaredUlps') / 12 : null,
      };
    },
  };
}
