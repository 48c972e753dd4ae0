import type { Graph, Value } from '../../onnx/graph.ts';
import type { Activation } from '../architectures/decoder.ts';

/** activation(gate) · up. */
export function gated(graph: Graph, activation: Activation, gate: Value, up: Value): Value {
  return graph.op('Mul', [activate(graph, activation, gate), up]);
}

/** The same for gate and up side by side in the last axis, gate first. */
export function gatedHalves(graph: Graph, activation: Activation, both: Value): Value {
  const [gate, up] = graph.node('Split', [both], { outputs: 2, attributes: { axis: -1, num_outputs: 2 } });
  return gated(graph, activation, gate, up);
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
