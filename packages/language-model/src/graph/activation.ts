import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Activation, ClampedSwiglu, Xielu } from '../architectures/decoder.ts';
import { loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';

/** activation(gate) · up. */
export function gated(graph: Graph, activation: Activation | ClampedSwiglu, gate: Value, up: Value): Value {
  if (typeof activation === 'object') return clampedSwiglu(graph, activation, gate, up);
  return graph.op('Mul', [activate(graph, activation, gate), up]);
}

/** The same for gate and up side by side in the last axis, gate first. */
export function applyGatedHalves(graph: Graph, activation: Activation, both: Value): Value {
  return gated(graph, activation, ...halves(graph, both));
}

const QUICK_GELU_ALPHA = 1.702;

export function activate(graph: Graph, activation: Activation, x: Value): Value {
  switch (activation) {
    case 'silu':
      return graph.op('QuickGelu', [x], { alpha: { float: 1 } }, 'com.microsoft');
    case 'quick_gelu':
      return graph.op('QuickGelu', [x], { alpha: { float: QUICK_GELU_ALPHA } }, 'com.microsoft');
    case 'gelu':
      return graph.op('Gelu', [x], {}, 'com.microsoft');
    case 'gelu_tanh':
      return graph.op('FastGelu', [x], {}, 'com.microsoft');
    case 'relu':
      return graph.op('Relu', [x]);
    case 'relu_squared': {
      const relu = graph.op('Relu', [x]);
      return graph.op('Mul', [relu, relu]);
    }
    case 'tanh':
      return graph.op('Tanh', [x]);
    case 'sigmoid':
      return graph.op('Sigmoid', [x]);
    case 'identity':
      return x;
  }
}

/** Gate and up from one value [m, 2·width]: side by side. */
export function halves(graph: Graph, both: Value): readonly [gate: Value, up: Value] {
  return graph.node('Split', [both], { outputs: 2, attributes: { axis: -1, num_outputs: 2 } });
}

/** The same for gate and up alternating. */
export function alternating(graph: Graph, both: Value, width: number): readonly [gate: Value, up: Value] {
  const pairs = graph.reshape(both, [-1, width, 2]);
  const [gate, up] = graph.node('Split', [pairs], { outputs: 2, attributes: { axis: -1, num_outputs: 2 } });
  return [graph.reshape(gate, [-1, width]), graph.reshape(up, [-1, width])];
}

/** See {@link ClampedSwiglu}. */
function clampedSwiglu(graph: Graph, { alpha, limit, added }: ClampedSwiglu, gate: Value, up: Value): Value {
  const constant = (value: number) => graph.constant([value], 'float32', []);
  const gates = graph.op('Min', [gate, constant(limit)]);
  const ups = graph.op('Clip', [up, constant(-limit), constant(limit)]);
  const swish = graph.op('QuickGelu', [gates], { alpha: { float: alpha } }, 'com.microsoft');
  return graph.op('Mul', [added === 0 ? ups : graph.op('Add', [ups, constant(added)]), swish]);
}

/** See {@link Xielu}. The exponential is taken of negative numbers only. */
export function xielu(graph: ModelGraph, { module }: Xielu, x: Value): Value {
  const scalar = (name: string) => {
    const tensor = `${module}.${name}`;
    return loadFloat32(graph, graph.weights.tensor(tensor, graph.weights.shape(tensor)?.length === 1 ? [1] : []), []);
  };
  const softplus = (name: string) =>
    graph.op('Softplus', [loadFloat32(graph, graph.weights.tensor(`${module}.${name}`, [1]))]);
  const beta = scalar('beta');
  const epsilon = scalar('eps');
  const zero = graph.constant([0], 'float32', []);
  const above = graph.op('Mul', [softplus('alpha_p'), graph.op('Mul', [x, x])]);
  const power = graph.op('Exp', [graph.op('Min', [x, epsilon])]);
  const less = graph.op('Sub', [graph.op('Sub', [power, graph.constant([1], 'float32', [])]), x]);
  const below = graph.op('Mul', [graph.op('Add', [softplus('alpha_n'), beta]), less]);
  const bent = graph.op('Where', [graph.op('Greater', [x, zero]), above, below]);
  return graph.op('Add', [bent, graph.op('Mul', [x, beta])]);
}
