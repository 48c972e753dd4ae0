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
export class StackedUpdate {
  /** [count, rank, input]. */
  readonly #down: Value;
  /** [count, output, rank]. */
  readonly #up: Value;
  readonly #upShape: readonly [count: number, output: number, rank: number];
  readonly #scale: number;
  readonly #graph: Graph;

  constructor(graph: Graph, module: StackedModule, turned: boolean) {
    const { a, b, rank, scale, experts } = module;
    const { input, output } = loraFeatures(module);
    const first = loadFloat32(graph, a, [experts, rank, input]);
    const last = loadFloat32(graph, b, [output, rank, experts]);
    const ordered = (value: Value, perm: number[]) => graph.op('Transpose', [value], { perm });
    this.#down = turned ? ordered(last, [2, 1, 0]) : first;
    this.#up = turned ? ordered(first, [0, 2, 1]) : ordered(last, [2, 0, 1]);
    this.#upShape = [experts, turned ? input : output, rank];
    this.#scale = scale;
    this.#graph = graph;
  }

  /**
   * ΔW of all experts: [count, output, input]. onnxruntime computes it once, when it creates the session, and keeps
   * every intermediate result until then: so the factors are scaled and reordered, not their product.
   * @param pairs rows of two halves become pairs of rows, one of each
   */
  whole({ pairs }: { readonly pairs: boolean }): Value {
    const graph = this.#graph;
    const up = pairs ? this.#inPairs(this.#up) : this.#up;
    return graph.op('MatMul', [up, graph.op('Mul', [this.#down, graph.constant([this.#scale], 'float32')])]);
  }

  #inPairs(rows: Value): Value {
    const [count, output, rank] = this.#upShape;
    const halves = this.#graph.reshape(rows, [count, 2, output / 2, rank]);
    return this.#graph.reshape(this.#graph.op('Transpose', [halves], { perm: [0, 2, 1, 3] }), [count, output, rank]);
  }

  /** y [m, output] plus one expert's update for x [m, input]. */
  add(expert: number, x: Value, y: Value): Value {
    const graph = this.#graph;
    const own = (all: Value) => graph.op('Gather', [all, graph.constant([expert], 'int64', [])], { axis: 0 });
    const inner = graph.op('Gemm', [x, own(this.#down)], { transB: 1 });
    return graph.op('Gemm', [inner, own(this.#up), y], { transB: 1, alpha: { float: this.#scale } });
  }
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
  const open = (layer: ExpertLayer | null) => layer && new StackedUpdate(graph, layer.module, turned);
  return { gateUp: open(layers.gateUp), up: open(layers.up), down: open(layers.down) };
}
