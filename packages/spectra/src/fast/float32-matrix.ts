import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { valueType } from '@shadow-gate/checkpoints/tensors';
import { loadMatrix, type MatrixSource } from '../load-matrix.ts';

/** A matrix, or its difference to a reference, as numbers in files that become float32 in a graph. */
interface Float32Matrix {
  /** What is stored: the matrix, and the reference if there is one. */
  readonly stored: readonly Value[];
  /** The same part of each that is stored → that part of scale⁻¹·(A − reference), in float32. */
  convert(parts: readonly Value[]): Value;
  /** What the converted numbers are to be multiplied by. */
  readonly scale: number;
}

interface Float32Options {
  readonly reference: MatrixSource | null;
  /** What A is multiplied by. */
  readonly root: number;
  /** Largest root, and smallest as its inverse, that need not be applied before the conversion. */
  readonly largestRoot: number;
}

/** The difference of two float32 numbers is rounded once; float64 is scaled into range and rounded at the end. */
export function float32Matrix(
  graph: Graph,
  matrix: MatrixSource,
  { reference, root, largestRoot }: Float32Options,
): Float32Matrix {
  const sources = reference ? [matrix, reference] : [matrix];
  const isWide =
    sources.some(({ source }) => valueType(source) === ElementType.float64) ||
    root > largestRoot ||
    root < 1 / largestRoot;
  const type = isWide ? ElementType.float64 : ElementType.float32;
  return {
    stored: sources.map((source) => loadMatrix(graph, source)),
    scale: isWide ? 1 : root,
    convert(parts) {
      const numbers = parts.map((part) => graph.cast(part, type)).reduce((a, b) => graph.op('Sub', [a, b]));
      if (!isWide) return numbers;
      return graph.cast(graph.op('Mul', [numbers, graph.constant([root], 'float64', [])]), ElementType.float32);
    },
  };
}
