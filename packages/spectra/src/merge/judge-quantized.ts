import { float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { isMeasuredDtype, isQuantized, type TensorEntry, wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { roundingEnergy } from '../format-rounding.ts';
import { eachStrip, loadMatrix } from '../load-matrix.ts';
import { MAX_RESIDUAL, type MergeJudgement, MIN_VISIBILITY } from './merge-status.ts';
import { CPU, type MergedWeight, mergeSums } from './merge-sums.ts';

/** How far the coefficient of an update that shows may be from 1. */
const NEAR = 0.25;

/**
 * A weight that was merged and quantized again, as PEFT does on a base of bitsandbytes. Which number of the format each
 * entry becomes depends on the scales that the tool chose, so that the ideal merge is not known: T is compared with
 * what rounding to nearest leaves, a variance of step²/12. Most updates are smaller than that, and are then neither
 * proven nor refuted.
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

/**
 * Is it, within rounding, the merge into the weights that a quantized base was made from? An adapter that was trained
 * on a quantized model is often merged into the model from before quantization.
 */
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

/** The same of a weight that the adapter does not change. */
export async function isBeforeQuantizing(stored: TensorEntry, original: TensorEntry): Promise<boolean> {
  if (!isQuantized(original) || !isMeasuredDtype(stored.dtype) || stored.shape.join() !== original.shape.join())
    return false;
  const graph = new Graph();
  const view = wholeMatrix(original.shape);
  const [own, other] = [stored, original].map((source) => loadMatrix(graph, { source, view })) as [Value, Value];
  const squares: Value[] = [];
  eachStrip(graph, view.shape, 0, (cut) => {
    const off = graph.op(
      'Sub',
      [own, other].map((value) => graph.cast(cut(value), ElementType.float64)),
    );
    squares.push(graph.op('ReduceSumSquare', [off], { keepdims: 1 }));
    return squares.slice(-1);
  });
  graph.output('distance', graph.sum(squares), ElementType.float64);
  const distance = float64Output(await runGraph(graph, CPU), 'distance')[0] ?? Number.NaN;
  return distance <= MAX_RESIDUAL ** 2 * (await roundingEnergy({ source: original, view }, CPU));
}
