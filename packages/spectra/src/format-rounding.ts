import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { isMeasuredDtype } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { loadMatrix, type MatrixSource, sumOverStrips } from './load-matrix.ts';
import { isRounded, relativeRounding, sumOfSquaredUlps } from './rounding.ts';

/** Σ step² of a strip in float64, for the distances of adjacent numbers of the format; null for 32 bits and more. */
export function squaredSteps(graph: Graph, matrix: MatrixSource): ((cut: (value: Value) => Value) => Value) | null {
  const { recipe, dtype } = matrix.source;
  if (recipe) {
    const steps = loadMatrix(graph, { ...matrix, compute: recipe.steps });
    return (cut) => sumOfSquares(graph, cut(steps));
  }
  if (!isRounded(matrix.source)) return null;
  const bits = loadMatrix(graph, matrix, ElementType.uint16);
  return (cut) => sumOfSquaredUlps(graph, cut(bits), dtype);
}

/** [1, 1], in float64. */
function sumOfSquares(graph: Graph, strip: Value): Value {
  return graph.op('ReduceSumSquare', [graph.cast(strip, ElementType.float64)], { keepdims: 1 });
}

/** Σ step² ÷ 12 of a quantized matrix: the expected energy of its rounding to nearest. */
export async function roundingEnergy(matrix: MatrixSource, device: Device): Promise<number> {
  const { recipe, name } = matrix.source;
  if (!recipe) throw new Error(`${name} is not quantized`);
  const graph = new Graph();
  const steps = sumOverStrips(graph, { ...matrix, compute: recipe.steps }, (strip) => sumOfSquares(graph, strip));
  graph.output('steps', steps, ElementType.float64);
  return (float64Output(await runGraph(graph, device), 'steps')[0] ?? Number.NaN) / 12;
}

/** Relative standard deviation of the rounding: the largest for floats, RMS for quantized numbers; null for zeros. */
export async function formatRounding(matrix: MatrixSource, device: Device): Promise<number | null> {
  const { recipe, dtype } = matrix.source;
  if (isMeasuredDtype(dtype)) return relativeRounding(dtype);
  if (!recipe) return null;
  const graph = new Graph();
  const sum = (part: MatrixSource) => sumOverStrips(graph, part, (strip) => sumOfSquares(graph, strip));
  graph.output('steps', sum({ ...matrix, compute: recipe.steps }), ElementType.float64);
  graph.output('numbers', sum(matrix), ElementType.float64);
  const outputs = await runGraph(graph, device);
  const [steps, numbers] = ['steps', 'numbers'].map((name) => at(float64Output(outputs, name), 0));
  return numbers === undefined || steps === undefined || !(numbers > 0) ? null : Math.sqrt(steps / 12 / numbers);
}
