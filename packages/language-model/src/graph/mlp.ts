import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { ExpertsBeside, Mlp } from '../architectures/decoder.ts';
import { activate, gated, xielu } from './activation.ts';
import { applyExperts, type ExpertsInputs, weightShared } from './experts.ts';
import { applyLinear, scaled } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { halve } from './operators.ts';

/** The feed-forward half of a block: [m, hidden] → [m, hidden]. */
export function applyMlp(graph: ModelGraph, mlp: Mlp, x: Value, options: ExpertsInputs): Value {
  switch (mlp.kind) {
    case 'plain': {
      const up = applyLinear(graph, mlp.up, x);
      const { activation } = mlp;
      const active = typeof activation === 'object' ? xielu(graph, activation, up) : activate(graph, activation, up);
      return applyLinear(graph, mlp.down, active);
    }
    case 'gated': {
      const plain = scaled(graph, applyLinear(graph, mlp.gate, x), mlp.scales?.gate);
      const gate = mlp.cutoff === undefined ? plain : outliers(graph, plain, mlp.cutoff);
      const up = applyLinear(graph, mlp.up, x);
      const down = applyLinear(graph, mlp.down, gated(graph, mlp.activation, gate, up));
      return scaled(graph, down, mlp.scales?.output);
    }
    case 'gated-fused': {
      const halves = halve(graph, applyLinear(graph, mlp.gateUp, x));
      return applyLinear(graph, mlp.down, gated(graph, mlp.activation, ...halves));
    }
    case 'experts': {
      const routed = applyExperts(graph, mlp, x, options);
      if (mlp.shared === null) return routed;
      const shared = applyMlp(graph, mlp.shared.mlp, x, options);
      return graph.op('Add', [routed, weightShared(graph, mlp.shared, x, shared)]);
    }
  }
}

/** The outputs of the MLP and of the experts parallel to it, added: [m, hidden]. @param stream before the MLP's norm */
export function withExpertsBeside(
  graph: ModelGraph,
  { experts, norm, outputNorm, mlpOwnNorm }: ExpertsBeside,
  { mlp, stream }: { readonly mlp: Value; readonly stream: Value },
  options: ExpertsInputs,
): Value {
  const routed = applyExperts(graph, experts, applyNorm(graph, norm, stream), options, stream);
  return graph.op('Add', [applyNorm(graph, mlpOwnNorm, mlp), applyNorm(graph, outputNorm, routed)]);
}

/** How far x [m, width] exceeds its row's mean plus this many standard deviations; else 0. */
function outliers(graph: Graph, x: Value, deviations: number): Value {
  const mean = (value: Value) => graph.op('ReduceMean', [value, graph.constant([-1], 'int64')], { keepdims: 1 });
  const centered = graph.op('Sub', [x, mean(x)]);
  const deviation = graph.op('Sqrt', [mean(graph.op('Mul', [centered, centered]))]);
  const cutoff = graph.op('Mul', [deviation, graph.constant([deviations], 'float32')]);
  return graph.op('Relu', [graph.op('Sub', [centered, cutoff])]);
}
