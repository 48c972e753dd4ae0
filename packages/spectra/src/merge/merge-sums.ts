import { type LoraModule, loraFactors, loraFeatures } from '@shadow-gate/checkpoints/adapter';
import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, onnxElementType, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type MatrixView, type TensorEntry, tensorValue, wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { CACHED_BYTES, eachStrip, loadMatrix } from '../load-matrix.ts';

/** A weight before and after a merge, and the adapter. */
export interface MergedWeight {
  /** W, as the checkpoint stores it. */
  readonly merged: TensorEntry;
  /** W₀, as the reference stores it, of the same shape. */
  readonly base: TensorEntry;
  /** Several if tied modules are adapted. */
  readonly modules: readonly [LoraModule, ...LoraModule[]];
  /** Dtype to which a quantized base was expanded; 32 bits if missing. */
  readonly expandedAs?: Rounded;
  /** The compared parts; all if missing. */
  readonly views?: { readonly merged: MatrixView; readonly base: MatrixView };
}

/** Libraries expand quantized weights to 32 bits, or to one of these. */
type Rounded = 'BF16' | 'F16';

/** Float64 sums over W, W₀, T = W₀ + s·BA (with DoRA's magnitude and norms) and their rounding to the dtype of W. */
export interface MergeSums {
  /** ‖W − T‖². */
  readonly residual: number;
  /** ‖round(T) − T‖²: inevitable in this dtype, and at most `residual`, since round(T) is nearest to T. */
  readonly rounding: number;
  /** ‖W − T‖² − ‖round(T) − T‖², without cancellation. */
  readonly excess: number;
  /** The excess for W = round(W₀), if nothing had been merged. */
  readonly excessOfBase: number;
  /** ⟨W − round(W₀), T − W₀⟩, and with round(T) in place of W. */
  readonly alongUpdate: number;
  readonly expectedAlongUpdate: number;
  /** ‖T − W₀‖² and ‖W − round(W₀)‖². */
  readonly update: number;
  readonly change: number;
  /** ‖W₀ − round(W₀)‖²: above zero where the reference has a wider dtype. */
  readonly baseRounding: number;
  /** ‖W − round(W)‖²: zero unless `grid` is not the dtype of the file. */
  readonly offGrid: number;
  /** ‖T‖². */
  readonly target: number;
  /** Σₖ ‖bₖ‖²·‖aₖ‖²·s² over the columns of B and rows of A. */
  readonly factors: number;
  /** max |W|. */
  readonly largest: number;
}

type StripSum = Exclude<keyof MergeSums, 'largest' | 'factors'>;

/** An assumption about the merge. */
interface MergePath {
  /** The dtype that W was rounded to; by default the file's. */
  readonly grid?: string;
  /** Was W₀ rounded to that dtype first? Then W₀ stands for round(W₀) in all sums. */
  readonly roundsBase?: boolean;
}

/** Computes the sums in one graph, in strips along the output features. On CPUs, float64 is the same everywhere. */
export async function mergeSums(
  weight: MergedWeight,
  { grid = weight.merged.dtype, roundsBase = false }: MergePath = {},
): Promise<MergeSums> {
  const { merged, base, modules, views, expandedAs } = weight;
  const graph = new Graph();
  const view = views?.merged ?? wholeMatrix(merged.shape);
  const [rows, columns] = view.shape;
  const [first] = modules;
  const outputAxis = first.transposed ? 1 : 0;
  // The outputs of embeddings are the inputs of a tied head: norms along those need the whole weight.
  const isWhole = modules.some(({ magnitude, transposed }) => magnitude !== null && transposed !== first.transposed);
  const whole = loadMatrix(graph, { source: merged, view });
  const original = loadMatrix(graph, { source: base, view: views?.base ?? view });
  const wholeBase = expandedAs
    ? graph.cast(original, onnxElementType({ name: base.name, dtype: expandedAs }))
    : original;
  const updates = modules.map((module) => openUpdate(graph, module, outputAxis));
  const gridType = onnxElementType({ name: merged.name, dtype: grid });
  const double = (value: Value) => graph.cast(value, ElementType.float64);
  const round = (value: Value) => double(graph.cast(value, gridType));
  const minus = (a: Value, b: Value) => graph.op('Sub', [a, b]);
  const product = (a: Value, b: Value) => graph.op('ReduceSum', [graph.op('Mul', [a, b])], { keepdims: 1 });
  const terms: Array<Readonly<Record<StripSum, Value>>> = [];
  const largest: Value[] = [];
  const work = (cut: (value: Value) => Value): readonly Value[] => {
    const [w, stored] = [double(cut(whole)), double(cut(wholeBase))];
    const strips = updates.map((update) => update.strip(cut));
    const rounded = base.dtype === grid ? stored : round(stored);
    const w0 = roundsBase ? rounded : stored;
    const t = updates.reduce((sum, update) => update.scaleRows(sum, cut), graph.sum([w0, ...strips]));
    const ideal = round(t);
    const [offIdeal, off] = [minus(ideal, t), minus(w, t)];
    const update = minus(t, w0);
    const change = minus(w, rounded);
    const baseOff = minus(w0, rounded);
    const gridOff = minus(w, merged.dtype === grid ? w : round(w));
    const values: Record<StripSum, Value> = {
      residual: product(off, off),
      rounding: product(offIdeal, offIdeal),
      excess: product(minus(w, ideal), graph.op('Add', [off, offIdeal])),
      excessOfBase: product(minus(rounded, ideal), graph.op('Add', [minus(rounded, t), offIdeal])),
      alongUpdate: product(change, update),
      expectedAlongUpdate: product(minus(ideal, rounded), update),
      update: product(update, update),
      change: product(change, change),
      baseRounding: product(baseOff, baseOff),
      offGrid: product(gridOff, gridOff),
      target: product(t, t),
    };
    terms.push(values);
    largest.push(graph.op('ReduceMax', [graph.op('Abs', [w])], { keepdims: 1 }));
    return [...Object.values(values), ...largest.slice(-1)];
  };
  eachStrip(graph, [rows, columns], outputAxis, work, isWhole ? Number.POSITIVE_INFINITY : CACHED_BYTES);
  const names = Object.keys(at(terms, 0)) as StripSum[];
  for (const name of names) {
    const sum = graph.sum(terms.map((values) => values[name]));
    graph.output(name, graph.reshape(sum, [1]), ElementType.float64);
  }
  const most = largest.reduce((a, b) => graph.op('Max', [a, b]));
  graph.output('largest', most, ElementType.float64);
  graph.output('factors', graph.sum(updates.map(({ factors }) => factors)), ElementType.float64);
  const outputs = await runGraph(graph, CPU);
  const read = (name: string): number => float64Output(outputs, name)[0] ?? Number.NaN;
  const sums = Object.fromEntries(names.map((name) => [name, read(name)])) as Record<StripSum, number>;
  return { ...sums, largest: read('largest'), factors: read('factors') };
}

export const CPU: Device = { name: 'cpu', reason: 'a merge is checked in float64' };

/** scale·B·A of one module, strip by strip along an axis of the weight. */
function openUpdate(graph: Graph, module: LoraModule, axis: 0 | 1) {
  const { magnitude, transposed, rank } = module;
  const double = (value: Value) => graph.cast(value, ElementType.float64);
  const views = loraFactors(module);
  const { output } = loraFeatures(module);
  const valueA = double(loadMatrix(graph, { source: module.a, view: views.a }));
  const valueB = double(loadMatrix(graph, { source: module.b, view: views.b }));
  const scale = graph.constant([module.scale], 'float64', [1, 1]);
  // As [out, 1] or [1, out], so that the cut of a strip applies to them.
  const lying = transposed ? [1, output] : [output, 1];
  const magnitudes = magnitude && double(tensorValue(graph, magnitude, lying));
  const turned = (value: Value) => graph.op('Transpose', [value], { perm: [1, 0] });
  // In the layout of the weight, [m, r] and [r, n].
  const [left, right] = transposed ? [turned(valueA), turned(valueB)] : [valueB, valueA];
  const squares = (value: Value, axis: number) =>
    graph.reshape(graph.op('ReduceSumSquare', [value, graph.constant([axis], 'int64')], { keepdims: 0 }), [rank]);
  const energies = graph.op('Mul', [squares(valueB, 0), squares(valueA, 1)]);
  const scaleSquared = graph.constant([module.scale ** 2], 'float64');
  const factors = graph.op('Mul', [graph.op('ReduceSum', [energies], { keepdims: 1 }), scaleSquared]);
  return {
    factors,
    strip(cut: (value: Value) => Value): Value {
      const factors = axis === 0 ? [cut(left), right] : [left, cut(right)];
      return graph.op('Mul', [graph.op('MatMul', factors), scale]);
    },
    /** DoRA: the magnitude over the norm of each output feature. */
    scaleRows(value: Value, cut: (value: Value) => Value): Value {
      if (!magnitudes) return value;
      const axis = graph.constant([transposed ? 0 : 1], 'int64');
      const norms = graph.op('Sqrt', [graph.op('ReduceSumSquare', [value, axis], { keepdims: 1 })]);
      return graph.op('Mul', [value, graph.op('Div', [cut(magnitudes), norms])]);
    },
  };
}
