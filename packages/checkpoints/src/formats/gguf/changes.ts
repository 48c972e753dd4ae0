import { given } from '@shadow-gate/platform';
import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { PackedMatrix, TensorEntry, TensorRecipe } from '../../tensors/tensor-entry.ts';
import { tensorBlock, tensorValue } from '../../tensors/tensor-value.ts';
import { lookUpIn } from '../quantized/tables.ts';

/** Undoes convert_hf_to_gguf.py's changes of order and value. How a weight is stored does not change. */

interface Change {
  /** Parameters of the result in addition to the stored bytes. */
  readonly parameters: readonly (number | string)[];
  readonly shape?: readonly number[];
  readonly values: (graph: Graph, values: Value) => Value;
  /** The change of the distances between neighbors; by default `values`. */
  readonly steps?: (graph: Graph, steps: Value, values: Value) => Value;
  /** The same reordering for what each row has in common, if only rows change places. */
  readonly ofRows?: (graph: Graph, values: Value) => Value;
}

const inFloat32 = (graph: Graph, entry: TensorEntry): Value =>
  graph.cast(tensorValue(graph, entry), ElementType.float32);

const stepsOf = (graph: Graph, entry: TensorEntry): Value => entry.recipe?.steps(graph) ?? floatSteps(graph, entry);

const storedOf = (entries: readonly TensorEntry[]) => entries.flatMap((entry) => entry.recipe?.stored ?? [entry]);

const parametersOf = (entries: readonly TensorEntry[]) => entries.flatMap(({ recipe }) => recipe?.parameters ?? []);

function recipeIn({ recipe }: TensorEntry): TensorRecipe {
  if (recipe === undefined) throw new Error('it has a recipe');
  return recipe;
}

function changed(entry: TensorEntry, { parameters, shape = entry.shape, values, steps, ofRows }: Change): TensorEntry {
  return {
    ...entry,
    shape,
    recipe: {
      stored: storedOf([entry]),
      parameters: [...parametersOf([entry]), ...parameters],
      expand: (graph) => values(graph, inFloat32(graph, entry)),
      steps: (graph) => {
        const size = stepsOf(graph, entry);
        return steps ? steps(graph, size, inFloat32(graph, entry)) : values(graph, size);
      },
      ...(entry.recipe?.packed && ofRows ? { packed: packedRows(entry.recipe.packed, ofRows) } : {}),
    },
  };
}

function packedRows({ codes, scales, offsets, ...packed }: PackedMatrix, ofRows: NonNullable<Change['ofRows']>) {
  const moved = (values: (graph: Graph) => Value) => (graph: Graph) => ofRows(graph, values(graph));
  return { ...packed, codes: moved(codes), scales: moved(scales), ...given({ offsets: offsets && moved(offsets) }) };
}

const EXPONENTS = { F16: { bits: 5, mantissa: 10 }, BF16: { bits: 8, mantissa: 7 } } as const;

/** Distances between 16-bit floats; zeros for wider numbers, which are taken as exact. */
function floatSteps(graph: Graph, entry: TensorEntry): Value {
  const { dtype, shape } = entry;
  if (dtype !== 'F16' && dtype !== 'BF16') {
    return graph.op('Mul', [inFloat32(graph, entry), graph.constant([0], 'float32')]);
  }
  const { bits, mantissa } = EXPONENTS[dtype];
  const bias = 2 ** (bits - 1) - 1;
  const table = Array.from({ length: 2 ** bits }, (_, e) => 2 ** (Math.max(e, 1) - bias - mantissa));
  const words = graph.cast(graph.external(entry, ElementType.uint16, shape), ElementType.uint32);
  const shifted = graph.op('BitShift', [words, graph.constant([mantissa], 'uint32')], { direction: 'RIGHT' });
  const exponents = graph.op('BitwiseAnd', [shifted, graph.constant([2 ** bits - 1], 'uint32')]);
  return lookUpIn(graph, table, graph.cast(exponents, ElementType.int32));
}

/** Order of transformers, halves of heads: llama.cpp has rotated pairs as neighbors (`LlamaModel.permute`). */
export function halvesOfHeads(entry: TensorEntry, heads: number): TensorEntry {
  const [rows = 0] = entry.shape;
  const ofRows = (graph: Graph, values: Value) => {
    const shape = graph.op('Shape', [values]);
    const pairs = graph.reshape(values, [heads, rows / heads / 2, 2, -1]);
    return graph.op('Reshape', [graph.op('Transpose', [pairs], { perm: [0, 2, 1, 3] }), shape]);
  };
  return changed(entry, { parameters: ['halves of heads', heads], values: ofRows, ofRows });
}

/** Norm weights w stored as w + 1. */
export function minusOne(entry: TensorEntry): TensorEntry {
  return changed(entry, {
    parameters: ['minus 1'],
    values: (graph, values) => graph.op('Sub', [values, graph.constant([1], 'float32')]),
    steps: (_, steps) => steps,
  });
}

/** A_log of a state space stored as −exp(A_log). */
export function logOfNegative(entry: TensorEntry, shape: readonly number[]): TensorEntry {
  return changed(entry, {
    parameters: ['log of −x'],
    shape,
    values: (graph, values) => graph.reshape(graph.op('Log', [graph.op('Neg', [values])]), shape),
    steps: (graph, steps, values) => graph.reshape(graph.op('Abs', [graph.op('Div', [steps, values])]), shape),
  });
}

export function transposed(entry: TensorEntry): TensorEntry {
  const rank = entry.shape.length;
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const whole = changed(entry, {
    parameters: ['transposed'],
    shape: perm.map((axis) => entry.shape[axis] ?? 0),
    values: (graph, values) => graph.op('Transpose', [values], { perm }),
  });
  if (rank < 3) return whole;
  const block = (index: number, count: number) => recipeIn(transposed(tensorBlock(entry, index, count)));
  return { ...whole, recipe: { ...recipeIn(whole), block } };
}

/** @param rows `rows[i]` is the index of the stored row that comes i-th */
export function reordered(entry: TensorEntry, rows: readonly number[], axis = 0): TensorEntry {
  const values = (graph: Graph, stored: Value) => graph.op('Gather', [stored, graph.constant(rows, 'int64')], { axis });
  const parameters = ['reordered', axis, ...rows];
  return changed(entry, { parameters, values, ...(axis === 0 ? { ofRows: values } : {}) });
}

export function reshaped(entry: TensorEntry, shape: readonly number[]): TensorEntry {
  // For plain floats, only the header changes.
  if (!entry.recipe) return { ...entry, shape };
  return changed(entry, { parameters: [], shape, values: (graph, values) => graph.reshape(values, shape) });
}

export function joined(entries: readonly TensorEntry[], axis: number): TensorEntry {
  const [first] = entries;
  if (first === undefined) throw new Error('nothing to join');
  const length = entries.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const parts = (graph: Graph, of: (entry: TensorEntry) => Value) => graph.op('Concat', entries.map(of), { axis });
  return {
    ...first,
    shape: first.shape.map((size, i) => (i === axis ? length : size)),
    size: entries.reduce((sum, { size }) => sum + size, 0),
    byteLength: entries.reduce((sum, { byteLength }) => sum + byteLength, 0),
    recipe: {
      stored: storedOf(entries),
      parameters: ['joined', axis, ...parametersOf(entries)],
      expand: (graph) => parts(graph, (entry) => inFloat32(graph, entry)),
      steps: (graph) => parts(graph, (entry) => stepsOf(graph, entry)),
    },
  };
}

/** A tensor of numbers from the metadata. @param neighbor a tensor of the same file */
export function constantEntry(
  neighbor: { readonly file: string; readonly offset: number },
  name: string,
  shape: readonly number[],
  values: readonly number[],
): TensorEntry {
  const constant = (numbers: readonly number[]) => (graph: Graph) => graph.constant(numbers, 'float32', [...shape]);
  return {
    name,
    dtype: 'F32',
    shape,
    size: values.length,
    file: neighbor.file,
    offset: neighbor.offset,
    byteLength: 0,
    recipe: {
      stored: [],
      parameters: ['numbers', ...values],
      expand: constant(values),
      steps: constant(values.map(() => 0)),
    },
  };
}

/** Interleave the rows of two matrices [n, k] and transpose them to [k, 2n]; stacks are expanded block by block. */
export function inTurns(first: TensorEntry, second: TensorEntry): TensorEntry {
  const rank = first.shape.length;
  const [rows = 0, columns = 0] = first.shape.slice(rank - 2);
  const stack = first.shape.slice(0, rank - 2);
  const shape = [...stack, columns, 2 * rows];
  const whole = (one: (graph: Graph, entry: TensorEntry) => Value) => (graph: Graph) => {
    const parts = [first, second].map((entry) => graph.reshape(one(graph, entry), [-1, rows, 1, columns]));
    const rowsInTurns = graph.reshape(graph.op('Concat', parts, { axis: 2 }), [-1, 2 * rows, columns]);
    return graph.reshape(graph.op('Transpose', [rowsInTurns], { perm: [0, 2, 1] }), shape);
  };
  return {
    ...first,
    shape,
    size: first.size + second.size,
    byteLength: first.byteLength + second.byteLength,
    recipe: {
      stored: storedOf([first, second]),
      parameters: ['in turns', ...parametersOf([first, second])],
      expand: whole(inFloat32),
      steps: whole(stepsOf),
      block: (index, count) => recipeIn(inTurns(tensorBlock(first, index, count), tensorBlock(second, index, count))),
    },
  };
}

/** Interleave the last axes of two biases: [..., n] and [..., n] → [..., 2n]. */
export function inTurnsLast(first: TensorEntry, second: TensorEntry): TensorEntry {
  const shape = [...first.shape.slice(0, -1), 2 * (first.shape.at(-1) ?? 0)];
  const apart = [...first.shape, 1];
  const both = joined([reshaped(first, apart), reshaped(second, apart)], apart.length - 1);
  return reshaped(both, shape);
}
