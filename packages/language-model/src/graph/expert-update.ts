import {
  areExpertFactorsTurned,
  type ExpertLayer,
  loraFeatures,
  type StackedModule,
} from '@shadow-gate/checkpoints/adapter';
import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Experts } from '../architectures/decoder.ts';
import { loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';

/** The updates of all experts of a layer that an adapter has (`target_parameters` of PEFT). */
export interface ExpertUpdates {
  /** Gate and up, in transformers' order in memory. */
  readonly gateUp: StackedUpdate | null;
  /** For experts without a gate. */
  readonly up: StackedUpdate | null;
  readonly down: StackedUpdate | null;
}

/** ΔW of expert e is scale·up[e]·down[e], [output, input]. */
export interface StackedUpdate {
  /** ΔW of all experts: [count, output, input]. @param pairs rows of two halves become pairs of rows, one of each */
  whole(options: { readonly pairs: boolean }): Value;
  /** y [m, output] plus one expert's update for x [m, input]. */
  add(expert: number, x: Value, y: Value): Value;
}

function stackedUpdate(graph: Graph, module: StackedModule, turned: boolean): StackedUpdate {
  const { a, b, rank, scale, experts } = module;
  const { input, output } = loraFeatures(module);
  const first = loadFloat32(graph, a, [experts, rank, input]);
  const last = loadFloat32(graph, b, [output, rank, experts]);
  const ordered = (value: Value, perm: number[]) => graph.op('Transpose', [value], { perm });
  const down = turned ? ordered(last, [2, 1, 0]) : first; // [count, rank, input]
  const up = turned ? ordered(first, [0, 2, 1]) : ordered(last, [2, 0, 1]); // [count, output, rank]
  const rows = turned ? input : output;
  const inPairs = (value: Value) =>
    graph.reshape(ordered(graph.reshape(value, [experts, 2, rows / 2, rank]), [0, 2, 1, 3]), [experts, rows, rank]);
  return {
    // onnxruntime computes this once, when it creates the session, and keeps every intermediate result until then: so
    // the factors are scaled and reordered, not their product.
    whole: ({ pairs }) =>
      graph.op('MatMul', [pairs ? inPairs(up) : up, graph.op('Mul', [down, graph.constant([scale], 'float32')])]),
    add(expert, x, y) {
      const own = (all: Value) => graph.op('Gather', [all, graph.constant([expert], 'int64', [])], { axis: 0 });
      const inner = graph.op('Gemm', [x, own(down)], { transB: 1 });
      return graph.op('Gemm', [inner, own(up), y], { transB: 1, alpha: { float: scale } });
    },
  };
}

/** @throws UserError if the factors' shapes do not fit the layers */
export function openExpertUpdates(graph: ModelGraph, { count, expert }: Experts): ExpertUpdates {
  const { gate, up, down } = expert(0);
  const find = (leaf: string, input: number, output: number): ExpertLayer | null => {
    const module = graph.weights.stackedLora(down.module, leaf, { count, input, output });
    return module && { module, input, output };
  };
  const layers = {
    gateUp: gate === null ? null : find('gate_up_proj', up.input, 2 * up.output),
    up: gate === null ? find('up_proj', up.input, up.output) : null,
    down: find('down_proj', down.input, down.output),
  };
  const found = Object.values(layers).filter((layer) => layer !== null);
  const turned = found.length > 0 && areExpertFactorsTurned(graph.weights.adapter, found, graph.weights.family);
  const open = (layer: ExpertLayer | null) => layer && stackedUpdate(graph, layer.module, turned);
  return { gateUp: open(layers.gateUp), up: open(layers.up), down: open(layers.down) };
}
