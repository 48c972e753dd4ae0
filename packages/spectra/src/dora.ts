import { type LoraModule, loraFactors } from '@shadow-gate/checkpoints/adapter';
import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { loadFlat, loadMatrix, type MatrixSource, STRIP_BYTES } from './load-matrix.ts';

/** W' = r·(W + scale·B·A) with r = m ÷ ‖W + scale·B·A‖ of each output feature (Liu et al. 2024, arXiv 2402.09353). */
export interface DoraWeight {
  readonly module: LoraModule;
  /** m, one number per output feature. */
  readonly magnitude: TensorEntry;
  /** W as it is stored: [out, in], or [in, out] if the module is transposed. */
  readonly base: MatrixSource;
}

/** Copies of W in float64 alive at once: W, W + scale·B·A, the update, and copies kept by onnxruntime. */
const COPIES_ALIVE = 5;

/** Bytes that `doraUpdate` needs, in addition to those for the spectrum. */
export function doraMemory({ base: { view } }: DoraWeight): number {
  return COPIES_ALIVE * 8 * view.shape[0] * view.shape[1];
}

/** ΔW = W' − W in float64, in the layout of W. */
export function doraUpdate(graph: Graph, dora: DoraWeight): Value {
  const weight = graph.cast(loadMatrix(graph, dora.base), ElementType.float64);
  const { a, b } = scaledFactors(graph, dora);
  const adapted = add(graph, dora, weight, a, b);
  const magnitude = loadFlat(graph, dora.magnitude, 0, dora.magnitude.size);
  const ratio = graph.op('Div', [magnitude, norms(graph, dora, adapted)]);
  const scaled = graph.op('Mul', [adapted, graph.reshape(ratio, dora.module.transposed ? [1, -1] : [-1, 1])]);
  return graph.op('Sub', [scaled, weight]);
}

/** r of each output feature, in float64. */
export async function doraRatios(dora: DoraWeight, device: Device): Promise<Float64Array> {
  const [m, n] = dora.base.view.shape;
  const [axis, output, input] = dora.module.transposed ? ([1, n, m] as const) : ([0, m, n] as const);
  const graph = new Graph();
  const whole = loadMatrix(graph, dora.base);
  const { a, b } = scaledFactors(graph, dora);
  const width = Math.max(1, Math.floor(STRIP_BYTES / (8 * input)));
  const parts: Value[] = [];
  for (let start = 0; start < output; start += width) {
    const end = Math.min(output, start + width);
    // Each strip waits for the previous one, so that only one is in memory.
    const strip = graph.cast(graph.slice(whole, axis, start, end, 1, parts.slice(-1)), ElementType.float64);
    parts.push(norms(graph, dora, add(graph, dora, strip, a, graph.slice(b, 0, start, end))));
  }
  const all = graph.op('Concat', parts, { axis: 0 });
  const magnitude = loadFlat(graph, dora.magnitude, 0, dora.magnitude.size);
  graph.output('ratios', graph.op('Div', [magnitude, all]), ElementType.float64);
  return float64Output(await runGraph(graph, device), 'ratios');
}

/** scale·A [r, in] and B [out, r] in float64. */
function scaledFactors(graph: Graph, { module }: DoraWeight): { a: Value; b: Value } {
  const views = loraFactors(module);
  const load = (source: TensorEntry, view: MatrixSource['view']) =>
    graph.cast(loadMatrix(graph, { source, view }), ElementType.float64);
  const scale = graph.constant([module.scale], 'float64');
  return { a: graph.op('Mul', [load(module.a, views.a), scale]), b: load(module.b, views.b) };
}

/** W + B·A, or W + (B·A)ᵀ if W is stored that way; for all or some output features. */
function add(graph: Graph, { module }: DoraWeight, weight: Value, a: Value, b: Value): Value {
  return module.transposed
    ? graph.op('Gemm', [a, b, weight], { transA: 1, transB: 1 })
    : graph.op('Gemm', [b, a, weight]);
}

function norms(graph: Graph, { module }: DoraWeight, weight: Value): Value {
  return graph.op('ReduceL2', [weight, graph.constant([module.transposed ? 0 : 1], 'int64')], { keepdims: 0 });
}
