import { float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { isMeasuredDtype, isQuantized, type TensorEntry, wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { roundingEnergy } from '../format-rounding.ts';
import { eachStrip, loadMatrix } from '../load-matrix.ts';
import { MAX_RESIDUAL, type MergeJudgement, MIN_VISIBILITY } from './merge-status.ts';
import { CPU, type MergedWeight, mergeSums } from './merge-sums.ts';

/** Largest distance from 1 of the coefficient of a visible update. */
const NEAR = 0.25;

/**
 * A weight that was merged and quantized again, as by PEFT on a base of bitsandbytes. The ideal merge is not known,
 * since it depends on the scales that the tool chose: the distance from T is compared with rounding to nearest, a
 * variance of step²/12. Most updates are smaller, and are neither proven nor refuted.
 */
export async function judgeQuantized(weight: MergedWeight): Promise<MergeJudgement> {
  const sums = await mergeSums(weight, { grid: 'F32' });
  const { merged: source, views } = weight;
  const rounding = await roundingEnergy({ source, view: views?.merged ?? wholeMatrix(source.shape) }, CPU);
  if (![sums.residual, sums.update, rounding].every(Number.isFinite)) {
    return { status: 'notFinite', residual: null, coefficient: null };
  }
  const tolerance = MAX_RESIDUAL ** 2 * rounding;
  const isVisible = sums.update > MIN_VISIBILITY * tolerance;
  const coefficient = sums.update > 0 ? sums.alongUpdate / sums.update : null;
  const own = { residual: rounding > 0 ? Math.sqrt(sums.residual / rounding) : null, coefficient };
  if (sums.residual <= tolerance) {
    if (!isVisible) return { status: 'belowRounding', ...own };
    if (coefficient !== null && Math.abs(coefficient - 1) <= NEAR) return { status: 'applied', ...own };
  }
  if (isVisible && sums.change <= tolerance) return { status: 'notApplied', ...own };
  return { status: 'different', ...own };
}

/** Is it a merge into the model before quantization? Adapters trained on a quantized model are often merged there. */
export async function isMergedBeforeQuantizing(weight: MergedWeight): Promise<boolean> {
  const { base: source, merged, views } = weight;
  if (!isQuantized(source) || isQuantized(merged)) return false;
  const sums = await mergeSums(weight);
  const coefficient = sums.update > 0 ? sums.alongUpdate / sums.update : 1;
  const view = views?.base ?? wholeMatrix(source.shape);
  return (
    Math.abs(coefficient - 1) <= NEAR &&
    sums.residual <= MAX_RESIDUAL ** 2 * (await roundingEnergy({ source, view }, CPU))
  );
}

/** Is it, within rounding, the weight without an update that a quantized one was made from? */
export async function isBeforeQuantizing(stored: TensorEntry, original: TensorEntry): Promise<boolean> {
  if (!isQuantized(original) || !isMeasuredDtype(stored.dtype) || stored.shape.join() !== original.shape.join())
    return false;
  const graph = new Graph();
  const view = wholeMatrix(original.shape);
  const [own, other] = [stored, original].map((source) => loadMatrix(graph, { source, view })) as [Value, Value];
  const squares: Value[] = [];
  eachStrip(graph, view.shape, 0, (cut) => {
    const parts = [own, other].map((value) => graph.cast(cut(value), ElementType.float64));
    const off = graph.op('Sub', parts);
    squares.push(graph.op('ReduceSumSquare', [off], { keepdims: 1 }));
    return squares.slice(-1);
  });
  graph.output('distance', graph.sum(squares), ElementType.float64);
  const distance = float64Output(await runGraph(graph, CPU), 'distance')[0] ?? Number.NaN;
  return distance <= MAX_RESIDUAL ** 2 * (await roundingEnergy({ source: original, view }, CPU));
}
