import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import type { Mamba2 } from '../architectures/recurrent.ts';
import { activate } from './activation.ts';
import { applyLinear, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { groupNorm } from './norm.ts';
import { splitSizes } from './operators.ts';
import type { RecurrentBlock } from './recurrent-block.ts';

export function mamba2Block(graph: ModelGraph, mixer: Mamba2, x: Value): RecurrentBlock {
  const { heads, headDim, groups, stateDim, convolution, timeStep } = mixer;
  const inner = heads * headDim;
  const perHead = (name: string) => loadFloat32(graph, graph.weights.tensor(name, [heads]));
  const projected = scaledInput(graph, mixer, applyLinear(graph, mixer.input, x));
  const [gate, input, timeLogit] = splitSizes(graph, projected, [inner, convolution.channels, heads]);
  const softplus = graph.op('Softplus', [graph.op('Add', [timeLogit, perHead(mixer.timeBias)])]);
  const time = clamped(graph, softplus, timeStep);
  const rate = graph.op('Neg', [graph.op('Exp', [perHead(mixer.logDecay)])]);
  return {
    convolution,
    width: inner,
    input,
    beside: [time],
    step: ({ convolved, beside: [dt], state }) => {
      if (dt === undefined) throw new Error('the time steps are missing');
      const [values, keys, queries] = splitSizes(graph, convolved, [inner, groups * stateDim, groups * stateDim]);
      const byHead = graph.reshape(values, [0, 0, heads, headDim]);
      // Padding has a time step of 0: nothing decays and nothing is added.
      const timed = graph.op('Mul', [byHead, graph.op('Unsqueeze', [dt, graph.constant([3], 'int64')])]);
      const [output, next] = graph.node(
        'LinearAttention',
        [queries, keys, graph.reshape(timed, [0, 0, inner]), state, graph.op('Mul', [dt, rate])],
        {
          outputs: 2,
          attributes: { update_rule: 'gated', q_num_heads: groups, kv_num_heads: heads, scale: { float: 1 } },
          domain: 'com.microsoft',
        },
      );
      const skip = graph.op('Mul', [byHead, graph.reshape(perHead(mixer.skip), [heads, 1])]);
      return { output: graph.op('Add', [output, graph.reshape(skip, [0, 0, inner])]), state: next };
    },
    finish: (output) => {
      const normed = (value: Value) =>
        mixer.norm === null ? value : groupNorm(graph, mixer.norm, mixer.normGroups, value);
      const gated = (value: Value) => graph.op('Mul', [value, activate(graph, 'silu', gate)]);
      return mixer.gated === 'before norm' ? normed(gated(output)) : gated(normed(output));
    },
  };
}

/** See `inputScales`: [m, gate | x | B | C | dt]. */
function scaledInput(
  graph: Graph,
  { inputScales: scales, heads, headDim, groups, stateDim }: Mamba2,
  all: Value,
): Value {
  if (scales === undefined) return all;
  const sizes = [heads * headDim, heads * headDim, groups * stateDim, groups * stateDim, heads];
  const factors = sizes.flatMap((size, i) => Array<number>(size).fill(at(scales, i)));
  return graph.op('Mul', [all, graph.constant(factors, 'float32')]);
}

function clamped(graph: Graph, time: Value, { least, most }: Mamba2['timeStep']): Value {
  const scalar = (value: number) => graph.constant([value], 'float32');
  const raised = least <= 0 ? time : graph.op('Max', [time, scalar(least)]);
  return Number.isFinite(most) ? graph.op('Min', [raised, scalar(most)]) : raised;
}
