import type { TensorDigests } from '@shadow-gate/checkpoints';
import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, onnxElementType, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import {
  isQuantized,
  isReadable,
  type TensorEntry,
  tensorBlock,
  tensorValue,
  transposedView,
  valueType,
  wholeMatrix,
} from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { loadFlat, loadMatrix } from '../load-matrix.ts';

const CPU: Device = { name: 'cpu', reason: 'tensors are compared in float64' };

/** Elements per block: 8 bytes each, and a few copies. */
const BLOCK = 4 * 1024 * 1024;

/** Are two tensors the same bytes or, in another floating-point dtype, the same numbers rounded to that dtype? */
export async function areTensorsEqual(
  stored: TensorEntry,
  original: TensorEntry,
  digests: TensorDigests,
): Promise<boolean> {
  if (stored.shape.join() !== original.shape.join()) {
    return isTurnedStack(stored, original) && (await distanceOfStacks(stored, original)) === 0;
  }
  if (stored.dtype === original.dtype) {
    if ((await digests.of(stored)) === (await digests.of(original))) return true;
    // Numbers in another order have other bytes.
    if (!stored.recipe && !original.recipe) return false;
  }
  // Quantizing is not computed.
  if (!isReadable(stored) || !isReadable(original) || (isQuantized(stored) && !isQuantized(original))) return false;
  if (stored.size === 0) return true;
  for (const path of isQuantized(original) && !isQuantized(stored) ? EXPANDED_AS : [null]) {
    if ((await distanceFromRounded(stored, original, path)) === 0) return true;
  }
  return false;
}

/** Libraries expand quantized weights to 32 bits or to 16 bits, and may store them in another dtype after that. */
const EXPANDED_AS = [null, 'BF16', 'F16'] as const;

/** Experts in a stack: [experts, in, out] in some files and [experts, out, in] in others, of one family (Qwen 3 VL). */
function isTurnedStack(stored: TensorEntry, original: TensorEntry): boolean {
  const [count, first, second] = stored.shape;
  const isStack = stored.shape.length === 3 && stored.name.includes('experts.') && first !== second;
  return (
    isStack && original.shape.join() === [count, second, first].join() && isReadable(stored) && isReadable(original)
  );
}

/** ‖stored − round(original)‖² of stacks, one of which is turned. */
async function distanceOfStacks(stored: TensorEntry, original: TensorEntry): Promise<number> {
  const count = at(stored.shape, 0);
  let sum = 0;
  for (let expert = 0; expert < count; expert += 1) {
    const graph = new Graph();
    const [own, other] = [stored, original].map((entry) => tensorBlock(entry, expert, count));
    if (!own || !other) throw new Error('two stacks are compared');
    const [view, otherView] = [wholeMatrix(own.shape), transposedView(wholeMatrix(other.shape))];
    const rounded = graph.cast(loadMatrix(graph, { source: other, view: otherView }), valueType(own));
    const double = (value: Value) => graph.cast(value, ElementType.float64);
    const off = graph.op('Sub', [double(loadMatrix(graph, { source: own, view })), double(rounded)]);
    graph.output('distance', graph.op('ReduceSumSquare', [off], { keepdims: 0 }), ElementType.float64);
    sum += float64Output(await runGraph(graph, CPU), 'distance')[0] ?? Number.NaN;
  }
  return sum;
}

/** ‖stored − round(original)‖²; NaN for NaN or Inf. @param before a dtype to which the original was rounded first */
async function distanceFromRounded(
  stored: TensorEntry,
  original: TensorEntry,
  before: 'BF16' | 'F16' | null,
): Promise<number> {
  const graph = new Graph();
  const type = valueType(stored);
  // Expanded once, not for each block.
  const [expanded, expandedOwn] = [original, stored].map((entry) =>
    entry.recipe ? tensorValue(graph, entry, [entry.size]) : null,
  );
  const squares = Array.from({ length: Math.ceil(stored.size / BLOCK) }, (_, i) => {
    const [start, end] = [i * BLOCK, Math.min(stored.size, (i + 1) * BLOCK)];
    const block = expanded ? graph.slice(expanded, 0, start, end) : loadFlat(graph, original, start, end, type);
    const first = before ? graph.cast(block, onnxElementType({ name: original.name, dtype: before })) : block;
    const rounded = graph.cast(graph.cast(first, type), ElementType.float64);
    const own = expandedOwn
      ? graph.cast(graph.slice(expandedOwn, 0, start, end), ElementType.float64)
      : loadFlat(graph, stored, start, end);
    const off = graph.op('Sub', [own, rounded]);
    return graph.op('ReduceSumSquare', [off], { keepdims: 1 });
  });
  graph.output('distance', graph.sum(squares), ElementType.float64);
  const outputs = await runGraph(graph, CPU);
  return float64Output(outputs, 'distance')[0] ?? Number.NaN;
}
