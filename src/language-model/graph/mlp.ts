import type { Graph, Value } from '../../onnx/graph.ts';
import type { Activation, Mlp } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { applyExperts } from './experts.ts';
import { applyLinear } from './linear.ts';

/** The feed-forward half of a block: [m, hidden] → [m, hidden]. */
export function applyMlp(graph: Graph, weights: Weights, mlp: Mlp, x: Value, fuseExperts: boolean): Value {
  switch (mlp.kind) {
    case 'plain':
      return applyLinear(
        graph,
        weights,
        mlp.down,
        activate(graph, mlp.activation, applyLinear(graph, weights, mlp.up, x)),
      );
    case 'gated': {
      const gate = applyLinear(graph, weights, mlp.gate, x);
      const up = applyLinear(graph, weights, mlp.up, x);
      return applyLinear(graph, weights, mlp.down, gated(graph, mlp.activation, gate, up));
    }
    case 'gated-fused': {
      const both = applyLinear(graph, weights, mlp.gateUp, x);
      return applyLinear(graph, weights, mlp.down, gatedHalves(graph, mlp.activation, both));
    }
    case 'experts':
      return applyExperts(graph, weights, mlp, x, fuseExperts);
  }
}

/** activation(gate) · up. */
export function gated(graph: Graph, activation: Activation, gate: Value, up: Value): Value {
  return graph.op('Mul', [activate(graph, activation, gate), up]);
}

/** The same where both lie side by side in the last axis, gate first. */
export function gatedHalves(graph: Graph, activation: Activation, both: Value): Value {
  const [gate, up] = graph.node('Split', [both], { axis: -1, num_outputs: 2 }, '', 2);
  return gated(graph, activation, gate as Value, up as Value);
}

const QUICK_GELU_ALPHA = 1.702;

function activate(graph: Graph, activation: Activation, x: Value): Value {
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
