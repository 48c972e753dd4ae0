import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Activation, ClampedSwiglu, Xielu } from '../architectures/decoder.ts';
import { loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';

/** activation(gate) · up. */
export function gated(graph: Graph, activation: Activation | ClampedSwiglu, gate: Value, up: Value): Value {
  if (typeof activation === 'object') return clampedSwiglu(graph, activation, gate, up);
  return graph.op('Mul', [activate(graph, activation, gate), up]);
}

const ACTIVATIONS: Readonly<Record<Activation, (graph: Graph, x: Value) => Value>> = {
  silu: (graph, x) => quickGelu(graph, x, 1),
  quick_gelu: (graph, x) => quickGelu(graph, x, 1.702),
  gelu: (graph, x) => graph.op('Gelu', [x], {}, 'com.microsoft'),
  gelu_tanh: (graph, x) => graph.op('FastGelu', [x], {}, 'com.microsoft'),
  relu: (graph, x) => graph.op('Relu', [x]),
  relu_squared: (graph, x) => {
    const relu = graph.op('Relu', [x]);
    return graph.op('Mul', [relu, relu]);
  },
  tanh: (graph, x) => graph.op('Tanh', [x]),
  sigmoid: (graph, x) => graph.op('Sigmoid', [x]),
  identity: (_, x) => x,
};

export function activate(graph: Graph, activation: Activation, x: Value): Value {
  return ACTIVATIONS[activation](graph, x);
}

/** x · σ(alpha · x). */
function quickGelu(graph: Graph, x: Value, alpha: number): Value {
  return graph.op('QuickGelu', [x], { alpha: { float: alpha } }, 'com.microsoft');
}

function clampedSwiglu(graph: Graph, { alpha, limit, added }: ClampedSwiglu, gate: Value, up: Value): Value {
  const constant = (value: number) => graph.constant([value], 'float32', []);
  const gates = graph.op('Min', [gate, constant(limit)]);
  const ups = graph.op('Clip', [up, constant(-limit), constant(limit)]);
  const shifted = added === 0 ? ups : graph.op('Add', [ups, constant(added)]);
  return graph.op('Mul', [shifted, quickGelu(graph, gates, alpha)]);
}

/** See {@link Xielu}. The exponential is taken of negative numbers only. */
export function xielu(graph: ModelGraph, { module }: Xielu, x: Value): Value {
  const load = (name: string, shape: readonly number[], dims = shape) =>
    loadFloat32(graph, graph.weights.tensor(`${module}.${name}`, shape), dims);
  const scalar = (name: string) => load(name, graph.weights.shape(`${module}.${name}`)?.length === 1 ? [1] : [], []);
  const softplus = (name: string) => graph.op('Softplus', [load(name, [1])]);
  const constant = (value: number) => graph.constant([value], 'float32', []);
  const beta = scalar('beta');
  const above = graph.op('Mul', [softplus('alpha_p'), graph.op('Mul', [x, x])]);
  const power = graph.op('Exp', [graph.op('Min', [x, scalar('eps')])]);
  const less = graph.op('Sub', [graph.op('Sub', [power, constant(1)]), x]);
  const below = graph.op('Mul', [graph.op('Add', [softplus('alpha_n'), beta]), less]);
  const bent = graph.op('Where', [graph.op('Greater', [x, constant(0)]), above, below]);
  return graph.op('Add', [bent, graph.op('Mul', [x, beta])]);
}
