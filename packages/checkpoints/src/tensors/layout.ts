import { at } from '@shadow-gate/platform';
import type { ElementType, Graph, Value } from '../onnx/graph.ts';
import type { Layout, TensorEntry, TensorPiece } from './tensor-entry.ts';

type View = Extract<Layout, { kind: 'view' }>;

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Assemble a tensor from pieces, each contiguous or itself assembled; null unless they cover it as cuts leave them. */
export function ofPieces(
  whole: Pick<TensorEntry, 'name' | 'shape'>,
  pieces: readonly TensorPiece[],
): TensorEntry | null {
  const { name, shape } = whole;
  const size = product(shape);
  const filled = pieces.filter(({ entry }) => entry.size > 0);
  const [first] = filled.length > 0 ? filled : pieces;
  if (!first || filled.reduce((sum, { entry }) => sum + entry.size, 0) !== size) return null;
  const { entry } = first;
  if (filled.length <= 1) return entry.shape.join() === shape.join() ? { ...entry, name } : null;
  if (!isCut(boxOf(shape), filled)) return null;
  const byteLength = (entry.byteLength / entry.size) * size;
  return { ...entry, name, shape, size, byteLength, layout: { kind: 'pieces', pieces: filled } };
}

type Box = ReadonlyArray<readonly [start: number, end: number]>;

const boxOf = (shape: readonly number[]): Box => shape.map((length) => [0, length]);

/** The pieces between the cuts along the first axis with cuts through the whole box; null without such an axis. */
function cut(
  box: Box,
  pieces: readonly TensorPiece[],
): { readonly axis: number; readonly slabs: ReadonlyArray<readonly [Box, TensorPiece[]]> } | null {
  for (const axis of box.keys()) {
    const sorted = [...pieces].sort((a, b) => at(a.offsets, axis) - at(b.offsets, axis));
    const slabs: Array<[number, number, TensorPiece[]]> = [];
    for (const piece of sorted) {
      const start = at(piece.offsets, axis);
      const end = start + at(piece.entry.shape, axis);
      const last = slabs[slabs.length - 1];
      if (!last || start >= last[1]) slabs.push([start, end, [piece]]);
      else {
        last[1] = Math.max(last[1], end);
        last[2].push(piece);
      }
    }
    if (slabs.length < 2) continue;
    const inside = (start: number, end: number): Box =>
      box.map((range, i) => (i === axis ? ([start, end] as const) : range));
    return { axis, slabs: slabs.map(([start, end, own]) => [inside(start, end), own] as const) };
  }
  return null;
}

/** Do pieces with the size of a box fill it, each element once? */
function isCut(box: Box, pieces: readonly TensorPiece[]): boolean {
  const [piece] = pieces;
  const isWhole = (own: TensorPiece) =>
    own.offsets.length === box.length &&
    box.every(([start, end], axis) => own.offsets[axis] === start && at(own.entry.shape, axis) === end - start);
  if (piece && pieces.length === 1) return isWhole(piece);
  const found = cut(box, pieces);
  if (found === null) return false;
  const [start, end] = at(box, found.axis);
  const edges = found.slabs.map(([own]) => at(own, found.axis));
  const isGapless = edges.every(([from], i) => from === (i === 0 ? start : at(edges, i - 1)[1]));
  return isGapless && edges[edges.length - 1]?.[1] === end && found.slabs.every(([own, inner]) => isCut(own, inner));
}

/** A view of a storage with `count` elements, which begins at element `start`. */
interface Strided {
  readonly start: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly count: number;
}

/**
 * How to read a view in the order of its storage, and then cut and turn it.
 * @returns the first element and the number of elements to read, and the layout, null if they are the tensor itself;
 *   null for repeated elements, and elements that are not rows and columns of a larger tensor
 */
export function planView({ start, shape, strides, count }: Strided): {
  readonly first: number;
  readonly elements: number;
  readonly view: Omit<View, 'kind' | 'stored'> | null;
} | null {
  const size = product(shape);
  if (size === 0) return { first: 0, elements: 0, view: null };
  // From the outermost axis to the innermost; an axis of one element can have any stride.
  const axes = [...shape.keys()]
    .filter((axis) => at(shape, axis) > 1)
    .sort((a, b) => at(strides, b) - at(strides, a) || a - b);
  if (axes.length === 0) return { first: start, elements: 1, view: null };
  const steps = axes.map((axis) => at(strides, axis));
  const lengths = axes.map((axis) => at(shape, axis));
  const outer = at(steps, 0);
  const dims = lengths.map((length, i) => (i === 0 ? length : at(steps, i - 1) / at(steps, i)));
  const inner = at(steps, steps.length - 1);
  if (inner < 1 || !dims.every((dim, i) => Number.isInteger(dim) && at(lengths, i) <= dim)) return null;
  const isInOrder = axes.every((axis, i) => i === 0 || axis > at(axes, i - 1));
  if (isInOrder && inner === 1 && dims.every((dim, i) => dim === lengths[i]))
    return { first: start, elements: size, view: null };
  const elements = at(lengths, 0) * outer;
  // Rows begin with the storage or, if it ends within the last of them, end with it.
  const candidates = [start - (start % outer), count - elements];
  for (const first of candidates.filter((candidate) => candidate >= 0 && candidate + elements <= count)) {
    const starts = startsOf(start - first, steps);
    if (starts.every((from, i) => from + at(lengths, i) <= at(dims, i)) && starts[0] === 0) {
      const order = shape.map((_, axis) => axes.indexOf(axis));
      const innerStart = steps.reduce((left, step) => left % step, start - first);
      return { first, elements, view: { dims, inner, starts, innerStart, lengths, order } };
    }
  }
  return null;
}

function startsOf(offset: number, steps: readonly number[]): number[] {
  let left = offset;
  return steps.map((step) => {
    const whole = Math.floor(left / step);
    left -= whole * step;
    return whole;
  });
}

export function storedParts(entry: TensorEntry): readonly TensorEntry[] {
  if (!entry.layout) return [entry];
  return entry.layout.kind === 'view'
    ? [entry.layout.stored]
    : entry.layout.pieces.flatMap((piece) => storedParts(piece.entry));
}

/** The elements of a tensor with its shape, in any type of as many bytes. */
export function assemble(graph: Graph, entry: TensorEntry, type: ElementType): Value {
  const { layout, shape } = entry;
  if (!layout) return graph.external(entry, type, shape);
  if (layout.kind === 'view') return assembleView(graph, entry, layout, type);
  return assembleBox(graph, boxOf(shape), layout.pieces, type);
}

function assembleBox(graph: Graph, box: Box, pieces: readonly TensorPiece[], type: ElementType): Value {
  const [piece] = pieces;
  if (piece && pieces.length === 1) return assemble(graph, piece.entry, type);
  const found = cut(box, pieces);
  if (found === null) throw new Error('the pieces of a tensor do not fill it');
  const parts = found.slabs.map(([own, inner]) => assembleBox(graph, own, inner, type));
  return graph.op('Concat', parts, { axis: found.axis });
}

function assembleView(graph: Graph, { shape }: TensorEntry, view: View, type: ElementType): Value {
  const { dims, inner, starts, innerStart, lengths, order, stored } = view;
  const all = inner === 1 ? dims : [...dims, inner];
  const slices = [
    ...starts.map((from, i) => [from, from + at(lengths, i)] as const),
    [innerStart, innerStart + 1] as const,
  ];
  const lattice = graph.external(stored, type, all);
  const part = all.reduce((value, dim, axis) => {
    const [from, to] = at(slices, axis);
    return from === 0 && to === dim ? value : graph.slice(value, axis, from, to);
  }, lattice);
  const perm = order.filter((axis) => axis >= 0);
  const isTurned = perm.some((axis, i) => axis !== i);
  const turned = isTurned ? graph.op('Transpose', [inner === 1 ? part : graph.reshape(part, lengths)], { perm }) : part;
  return graph.reshape(turned, shape);
}

/** Elements with the indices from `start` to `end` on the first axis. */
export function tensorRows(entry: TensorEntry, start: number, end: number): TensorEntry {
  const rows = at(entry.shape, 0);
  const shape = [end - start, ...entry.shape.slice(1)];
  const size = product(shape);
  const bytesOfRow = entry.byteLength / rows;
  const byteLength = (end - start) * bytesOfRow;
  const part = { ...entry, shape, size, byteLength };
  if (start === 0 && end === rows) return entry;
  if (!entry.layout) return { ...part, offset: entry.offset + start * bytesOfRow };
  if (entry.layout.kind === 'view') return { ...part, layout: rowsOfView(entry.layout, start, end) };
  const pieces = entry.layout.pieces.flatMap((piece) => rowsOfPiece(piece, start, end));
  const only = pieces.length === 1 ? pieces[0] : undefined;
  return only ? { ...only.entry, name: entry.name } : { ...part, layout: { kind: 'pieces', pieces } };
}

function rowsOfPiece({ offsets, entry }: TensorPiece, start: number, end: number): TensorPiece[] {
  const [own = 0, ...others] = offsets;
  const [from, to] = [Math.max(own, start), Math.min(own + at(entry.shape, 0), end)];
  if (from >= to) return [];
  return [{ offsets: [from - start, ...others], entry: tensorRows(entry, from - own, to - own) }];
}

function rowsOfView(view: View, start: number, end: number): View {
  const axis = at(view.order, 0);
  if (axis < 0) return view;
  const put = (values: readonly number[], value: number) => values.map((old, i) => (i === axis ? value : old));
  const lengths = put(view.lengths, end - start);
  if (axis > 0) return { ...view, starts: put(view.starts, at(view.starts, axis) + start), lengths };
  const { stored } = view;
  const bytes = stored.byteLength / at(view.dims, 0);
  const size = (stored.size / at(view.dims, 0)) * (end - start);
  const part = { size, shape: [size], offset: stored.offset + start * bytes, byteLength: (end - start) * bytes };
  return { ...view, dims: put(view.dims, end - start), lengths, stored: { ...stored, ...part } };
}

/** A tensor [1, …] without its first axis. */
export function withoutFirstAxis(entry: TensorEntry): TensorEntry {
  const { layout } = entry;
  const part = { ...entry, shape: entry.shape.slice(1) };
  if (!layout) return part;
  if (layout.kind === 'view') return { ...part, layout: { ...layout, order: layout.order.slice(1) } };
  const withoutAxis = (piece: TensorPiece): TensorPiece => ({
    offsets: piece.offsets.slice(1),
    entry: withoutFirstAxis(piece.entry),
  });
  const pieces = layout.pieces.map(withoutAxis);
  return { ...part, layout: { kind: 'pieces', pieces } };
}
