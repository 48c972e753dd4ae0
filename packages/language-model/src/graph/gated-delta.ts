import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Linear } from '../architectures/parts.ts';
import type { GatedDelta } from '../architectures/recurrent.ts';
import { activate } from './activation.ts';
import { applyLinear, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { concat, splitSizes } from './operators.ts';
import type { RecurrentBlock } from './recurrent-block.ts';

/** Added to the sum of squares of a query or key before the square root. */
const NORM_EPSILON = 1e-6;

export function gatedDeltaBlock(graph: ModelGraph, mixer: GatedDelta, x: Value): RecurrentBlock {
  const { keyHeads, valueHeads, keyDim, valueDim } = mixer;
  const { queryKeyValue, gate, beta, decay } = project(graph, mixer, x);
  const [keyWidth, valueWidth] = [keyHeads * keyDim, valueHeads * valueDim];
  return {
    convolution: mixer.convolution,
    width: valueWidth,
    input: queryKeyValue,
    beside: [logDecay(graph, mixer, decay), graph.op('Sigmoid', [beta])],
    step: ({ convolved, beside: [g, b], state }) => {
      if (g === undefined || b === undefined) throw new Error('decay and beta are missing');
      const [query, key, value] = splitSizes(graph, convolved, [keyWidth, keyWidth, valueWidth]);
      const normed = (flat: Value) =>
        graph.reshape(unit(graph, graph.reshape(flat, [0, 0, keyHeads, keyDim])), [0, 0, keyWidth]);
      const [output, next] = graph.node('LinearAttention', [normed(query), normed(key), value, state, g, b], {
        outputs: 2,
        attributes: {
          update_rule: 'gated_delta',
          q_num_heads: keyHeads,
          kv_num_heads: valueHeads,
          scale: { float: 1 / Math.sqrt(keyDim) },
        },
        domain: 'com.microsoft',
      });
      return { output, state: next };
    },
    finish: (output) => {
      const normed = applyNorm(graph, mixer.norm, graph.reshape(output, [-1, valueHeads, valueDim]));
      return graph.op('Mul', [graph.reshape(normed, [-1, valueWidth]), activate(graph, mixer.gateActivation, gate)]);
    },
  };
}

/**
 * Queries, keys and values side by side [m, …], the gate [m, valueHeads · valueDim], and logits: beta [m, valueHeads],
 * decay [m, valueHeads] or [m, valueHeads · keyDim].
 */
function project(graph: ModelGraph, mixer: GatedDelta, x: Value) {
  const { projections } = mixer;
  const linear = (layer: Linear, input = x) => applyLinear(graph, layer, input);
  if (projections.kind === 'separate') {
    return {
      queryKeyValue: linear(projections.queryKeyValue),
      gate: linear(projections.gate),
      beta: linear(projections.beta),
      decay: linear(projections.decay),
    };
  }
  if (projections.kind === 'decays by channel') {
    const { query, key, value, gate, beta, decay } = projections;
    const both = ([down, up]: readonly [Linear, Linear]) => linear(up, linear(down));
    const queryKeyValue = concat(graph, [linear(query), linear(key), linear(value)]);
    return { queryKeyValue, gate: both(gate), beta: linear(beta), decay: both(decay) };
  }
  const { keyHeads, valueHeads, keyDim, valueDim } = mixer;
  const perKey = valueHeads / keyHeads;
  const wide = perKey * valueDim;
  const perHead = (all: Value, width: number) => graph.reshape(all, [-1, keyHeads, width]);
  const flat = (part: Value, width: number) => graph.reshape(part, [-1, keyHeads * width]);
  const all = perHead(linear(projections.queryKeyValueGate), 2 * (keyDim + wide));
  const [query, key, value, gate] = splitSizes(graph, all, [keyDim, keyDim, wide, wide], 2);
  const [beta, decay] = splitSizes(graph, perHead(linear(projections.betaDecay), 2 * perKey), [perKey, perKey], 2);
  return {
    queryKeyValue: concat(graph, [flat(query, keyDim), flat(key, keyDim), flat(value, wide)]),
    gate: flat(gate, wide),
    beta: flat(beta, perKey),
    decay: flat(decay, perKey),
  };
}

/** −e^A · softplus(a + bias): [m, valueHeads] or [m, valueHeads · keyDim]. */
function logDecay(graph: ModelGraph, mixer: GatedDelta, a: Value): Value {
  const { valueHeads, keyDim, logDecay: log, timeBias } = mixer;
  const isByChannel = mixer.projections.kind === 'decays by channel';
  const [logShape, width] = isByChannel ? [[1, 1, valueHeads, 1], valueHeads * keyDim] : [[valueHeads], valueHeads];
  const logs = loadFloat32(graph, graph.weights.tensor(log, logShape), isByChannel ? [valueHeads, 1] : logShape);
  const rate = graph.op('Neg', [graph.op('Exp', [logs])]);
  const bias = loadFloat32(graph, graph.weights.tensor(timeBias, [width]));
  const softplus = graph.op('Softplus', [graph.op('Add', [a, bias])]);
  if (!isByChannel) return graph.op('Mul', [rate, softplus]);
  return graph.reshape(graph.op('Mul', [rate, graph.reshape(softplus, [-1, valueHeads, keyDim])]), [-1, width]);
}

/** Vectors of length 1 along the last axis. */
function unit(graph: Graph, x: Value): Value {
  const squares = graph.op('ReduceSumSquare', [x, graph.constant([-1], 'int64')], { keepdims: 1 });
  const length = graph.op('Sqrt', [graph.op('Add', [squares, graph.constant([NORM_EPSILON], 'float32')])]);
  return graph.op('Div', [x, length]);
}
