import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { valueType } from '@shadow-gate/checkpoints/tensors';
import { loadMatrix, type MatrixSource } from '../load-matrix.ts';

interface Float32Options {
  readonly reference: MatrixSource | null;
  /** Factor of A. */
  readonly root: number;
  /** Largest root (its inverse is the smallest) that may be applied after the conversion. */
  readonly largestRoot: number;
}

/** The difference of two float32 numbers is rounded once; float64 is scaled into range and rounded at the end. */
export function float32Matrix(graph: Graph, matrix: MatrixSource, { reference, root, largestRoot }: Float32Options) {
  const sources = reference ? [matrix, reference] : [matrix];
  const isWide =
    sources.some(({ source }) => valueType(source) === ElementType.float64) ||
    root > largestRoot ||
    root < 1 / largestRoot;
  const type = isWide ? ElementType.float64 : ElementType.float32;
  return {
    /** The matrix, and the reference if there is one, as stored. */
    stored: sources.map((source) => loadMatrix(graph, source)),
    /** Factor of the converted numbers. */
    scale: isWide ? 1 : root,
    /** From the same part of each: that part of scale⁻¹·(A − reference), in float32. */
    convert(parts: readonly Value[]): Value {
      const numbers = parts.map((part) => graph.cast(part, type)).reduce((a, b) => graph.op('Sub', [a, b]));
      if (!isWide) return numbers;
      return graph.cast(graph.op('Mul', [numbers, graph.constant([root], 'float64', [])]), ElementType.float32);
    },
  };
}
