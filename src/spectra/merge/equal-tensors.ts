import type { TensorDigests } from '../../checkpoint/digest.ts';
import { isMeasuredDtype } from '../../checkpoint/dtype.ts';
import type { TensorEntry } from '../../checkpoint/types.ts';
import { ElementType, elementTypeOf, Graph } from '../../onnx/graph.ts';
import { float64Output, runGraph } from '../../onnx/session.ts';
import { loadFlat } from '../load-matrix.ts';

/** Elements per block: 8 bytes each, and a few copies. */
const BLOCK = 4 * 1024 * 1024;

/**
 * Does a checkpoint store what another file stores? The same bytes; in another floating-point dtype, each number rounded to
 * that dtype.
 */
export async function areEqual(stored: TensorEntry, original: TensorEntry, digests: TensorDigests): Promise<boolean> {
  if (stored.shape.join() !== original.shape.join()) return false;
  if (stored.dtype === original.dtype) {
    if ((await digests.of(stored)) === (await digests.of(original))) return true;
    // Numbers in another order have other bytes.
    if (!stored.recipe && !original.recipe) return false;
  }
  if (!isMeasuredDtype(stored.dtype) || !isMeasuredDtype(original.dtype)) return false;
  return stored.size === 0 || (await distanceFromRounded(stored, original)) === 0;
}

/** ‖stored − round(original)‖²; NaN if one of them has NaN, or Inf. */
async function distanceFromRounded(stored: TensorEntry, original: TensorEntry): Promise<number> {
  const graph = new Graph();
  const type = elementTypeOf(stored);
  const squares = Array.from({ length: Math.ceil(stored.size / BLOCK) }, (_, i) => {
    const [start, end] = [i * BLOCK, Math.min(stored.size, (i + 1) * BLOCK)];
    const rounded = graph.cast(loadFlat(graph, original, start, end, type), ElementType.float64);
    const off = graph.op('Sub', [loadFlat(graph, stored, start, end), rounded]);
    return graph.op('ReduceSumSquare', [off], { keepdims: 1 });
  });
  graph.output('distance', graph.sum(squares), ElementType.float64);
  const outputs = await runGraph(graph, { name: 'cpu', reason: 'tensors are compared in float64' });
  return float64Output(outputs, 'distance')[0] ?? Number.NaN;
}
