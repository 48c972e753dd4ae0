import { float64Output, type SessionOutputs } from '@shadow-gate/checkpoints/onnx';
import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { isQuantized } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { squaredSteps } from './format-rounding.ts';
import { loadMatrix, type MatrixSource } from './load-matrix.ts';

/** Sums over the entries: the size of an update, and of the rounding that may hide it. */
export interface DifferenceSums {
  /** ‖reference‖_F²; null without one. */
  readonly referenceEnergy: number | null;
  /** Expected energy of rounding A to its format, Σ step²/12; null without a reference, or for 32 bits and more. */
  readonly roundingEnergy: number | null;
  /** Expected energy of rounding the reference, if it is quantized; null otherwise. */
  readonly referenceRoundingEnergy: number | null;
}

/** A or A − reference in float64, strip by strip, with sums from the same pass. */
export function openDifference(graph: Graph, matrix: MatrixSource, reference: MatrixSource | null) {
  const whole = loadMatrix(graph, matrix);
  const wholeReference = reference ? loadMatrix(graph, reference) : null;
  // Rounding the candidate hides an update. A floating-point reference is the exact starting point, whatever its dtype;
  // a quantized one may be a copy of it.
  const rounding = reference ? squaredSteps(graph, matrix) : null;
  const referenceRounding = reference && isQuantized(reference.source) ? squaredSteps(graph, reference) : null;
  const references: Value[] = [];
  const squaredUlps: Value[] = [];
  const referenceUlps: Value[] = [];
  return {
    /** @param cut cuts the current strip out of a whole matrix */
    strip(cut: (value: Value) => Value): Value {
      let part = graph.cast(cut(whole), ElementType.float64);
      if (wholeReference) {
        const other = graph.cast(cut(wholeReference), ElementType.float64);
        references.push(graph.op('ReduceSumSquare', [other], { keepdims: 1 }));
        part = graph.op('Sub', [part, other]);
      }
      if (rounding) squaredUlps.push(rounding(cut));
      if (referenceRounding) referenceUlps.push(referenceRounding(cut));
      return part;
    },
    /** The sums over the latest strip. */
    latest: (): Value[] => [references, squaredUlps, referenceUlps].flatMap((sums) => sums.slice(-1)),
    /** Makes the sums over all strips outputs of the graph. */
    output(): void {
      if (wholeReference) graph.output('reference', graph.sum(references), ElementType.float64);
      if (rounding) graph.output('squaredUlps', graph.sum(squaredUlps), ElementType.float64);
      if (referenceRounding) graph.output('referenceUlps', graph.sum(referenceUlps), ElementType.float64);
    },
    read(outputs: SessionOutputs): DifferenceSums {
      const scalar = (name: string) => at(float64Output(outputs, name), 0);
      return {
        referenceEnergy: wholeReference ? scalar('reference') : null,
        roundingEnergy: rounding ? scalar('squaredUlps') / 12 : null,
        referenceRoundingEnergy: referenceRounding ? scalar('referenceUlps') / 12 : null,
      };
    },
  };
}
