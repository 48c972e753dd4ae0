import { elementBytes } from '../onnx/element-type.ts';
import { ElementType, type Graph, onnxElementType, type Value } from '../onnx/graph.ts';
import { isMeasuredDtype } from './dtype.ts';
import { assemble, storedParts, tensorRows, withoutFirstAxis } from './layout.ts';
import type { PackedMatrix, TensorEntry, TensorRecipe } from './tensor-entry.ts';

/** Can its numbers be read? They are floating-point, or a recipe computes them. */
export function isReadable({ dtype, recipe }: Pick<TensorEntry, 'dtype' | 'recipe'>): boolean {
  return recipe !== undefined || isMeasuredDtype(dtype);
}

/** Is it in a quantized format that is read? Other tensors with recipes are floating-point, stored in another order. */
export function isQuantized({ dtype, recipe }: Pick<TensorEntry, 'dtype' | 'recipe'>): boolean {
  return recipe !== undefined && !isMeasuredDtype(dtype);
}

export function hasRecipes(tensors: ReadonlyMap<string, TensorEntry>): boolean {
  return [...tensors.values()].some(isQuantized);
}

/** The tensor as it is stored: itself, its parts, or the codes and scales of a quantized one. */
export function storedEntries(entry: TensorEntry): readonly TensorEntry[] {
  return (entry.recipe?.stored ?? [entry]).flatMap(storedParts);
}

/** Indices, numbers, their scales and their products, in 4 bytes each. */
const EXPANSION_BYTES = 16;

const ASSEMBLY_COPIES = 2;

/** Bytes to expand a quantized weight or to assemble a tensor from parts, in addition to the result. */
export function expansionMemory({ recipe, layout, size, byteLength }: TensorEntry): number {
  if (layout) return ASSEMBLY_COPIES * byteLength;
  return recipe === undefined ? 0 : EXPANSION_BYTES * size;
}

/** The type of `tensorValue`: that of a file, and float32 for a quantized weight. */
export function valueType(entry: TensorEntry): ElementType {
  return entry.recipe ? ElementType.float32 : onnxElementType(entry);
}

/** A tensor of a checkpoint as a value, with any dimensions of the same size. */
export function tensorValue(graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape): Value {
  if (!entry.recipe) return bitsValue(graph, entry, onnxElementType(entry), dims);
  return graph.reshape(entry.recipe.expand(graph), dims);
}

/** Fewer elements are expanded in the graph that uses them: a session of their own takes some milliseconds. */
const LEAST_PREPARED = 2 ** 16;

/** For a graph that runs many times: a quantized weight is expanded once, before the session opens. */
export function preparedValue(graph: Graph, entry: TensorEntry, dims: readonly number[] = entry.shape): Value {
  const { recipe, size } = entry;
  if (recipe === undefined || size < LEAST_PREPARED) return tensorValue(graph, entry, dims);
  return graph.prepared(
    dims,
    partsOf(entry).map(({ expand }) => expand),
  );
}

export interface PackedValues extends Pick<PackedMatrix, 'bits' | 'block'> {
  readonly codes: Value;
  readonly scales: Value;
  readonly offsets: Value | null;
}

/** The packed form of a matrix; null if it has none, or is small. */
export function packedForm({ recipe, size }: TensorEntry): PackedMatrix | null {
  return size < LEAST_PREPARED ? null : (recipe?.packed ?? null);
}

/** A matrix [rows, columns] as whole numbers with scales. */
export function packedValues(graph: Graph, entry: TensorEntry, { bits, block, offsets }: PackedMatrix): PackedValues {
  const [rows = 0, columns = 0] = entry.shape;
  const parts = partsOf(entry).flatMap(({ packed }) => packed ?? []);
  const blocks = [rows, columns / block];
  const codes = parts.map((part) => part.codes);
  const scales = parts.map((part) => part.scales);
  const added = parts.flatMap((part) => part.offsets ?? []);
  return {
    bits,
    block,
    codes: graph.prepared([...blocks, (block * bits) / 8], codes, ElementType.uint8),
    scales: graph.prepared(blocks, scales),
    offsets: offsets === undefined ? null : graph.prepared(blocks, added),
  };
}

export function packedBytes({ size }: TensorEntry, { bits, block, offsets }: PackedMatrix): number {
  return (size * bits) / 8 + (size / block) * (offsets === undefined ? 1 : 2) * elementBytes(ElementType.float32);
}

/** Elements of a part. While they are expanded, they take several times their size. */
const MOST_EXPANDED = 2 ** 24;

/** Equal parts of a weight along its first axis, as small as possible, if they can be expanded one by one. */
function partsOf({ recipe, shape, size }: TensorEntry): TensorRecipe[] {
  if (recipe === undefined) return [];
  const { block } = recipe;
  const [rows = 1] = shape;
  const wanted = Math.ceil(size / MOST_EXPANDED);
  const divides = (count: number) => rows % count === 0;
  const count = Array.from({ length: 3 * wanted }, (_, i) => wanted + i).find(divides);
  if (block === undefined || wanted === 1 || count === undefined) return [recipe];
  return Array.from({ length: count }, (_, i) => block(i, count));
}

/** The stored elements of a tensor that is not quantized, read as another type of the same size. */
export function bitsValue(
  graph: Graph,
  entry: TensorEntry,
  type: ElementType,
  dims: readonly number[] = entry.shape,
): Value {
  return entry.layout ? graph.reshape(assemble(graph, entry, type), dims) : graph.external(entry, type, dims);
}

/** The index-th of `count` equal blocks of a tensor along its first axis. */
export function tensorBlock(entry: TensorEntry, index: number, count: number): TensorEntry {
  const [first = 1, ...rest] = entry.shape;
  const shape = first === count ? rest : [first / count, ...rest];
  const size = entry.size / count;
  if (entry.recipe) return { ...entry, shape, size, recipe: blockOfRecipe(entry.recipe, entry, index, count) };
  const rows = first / count;
  const block = tensorRows(entry, index * rows, (index + 1) * rows);
  return first === count ? withoutFirstAxis(block) : block;
}

/** Expanded alone if the format can, or else cut out of the whole. */
function blockOfRecipe(recipe: TensorRecipe, { size }: TensorEntry, index: number, count: number): TensorRecipe {
  if (recipe.block) return recipe.block(index, count);
  const cut = (whole: (graph: Graph) => Value) => (graph: Graph) =>
    graph.slice(graph.reshape(whole(graph), [size]), 0, (index * size) / count, ((index + 1) * size) / count);
  return {
    stored: recipe.stored,
    parameters: [...recipe.parameters, index, count],
    expand: cut(recipe.expand),
    steps: cut(recipe.steps),
  };
}
