import type { Graph, Value } from '../../onnx/graph.ts';
import type { Experts, Linear } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { gated, gatedHalves } from './activation.ts';
import { applyLinear, applyWeight, blockOf, loadFloat32 } from './linear.ts';

export interface ExpertsOptions {
  /**
   * Use onnxruntime's MoE operator, which only the CPU provider has, where it computes the same. A session of thousands
   * of nodes whose shapes are known only at run time takes minutes to plan: two layers of 500 experts took 50 s, and 1
   * s fused.
   */
  readonly fuseExperts: boolean;
}

/**
 * A mixture of experts (Shazeer et al. 2017, arXiv 1701.06538; Jiang et al. 2024, arXiv 2401.04088): [m, hidden] →
 * [m, hidden]. Each expert computes only the tokens that are routed to it.
 */
export function applyExperts(
  graph: Graph,
  weights: Weights,
  experts: Experts,
  x: Value,
  { fuseExperts }: ExpertsOptions,
): Value {
  const isAdapted = Array.from({ length: experts.count }, (_, index) => experts.expert(index)).some((expert) =>
    [expert.gate, expert.up, expert.down].some(({ module }) => weights.isAdapted(`${module}.weight`)),
  );
  return fuseExperts && experts.activation === 'silu' && !isAdapted
    ? applyFused(graph, weights, experts, x)
    : applyEach(graph, weights, experts, x);
}

/**
 * MoE takes gate and up rows alternating: SwiGLU with α = 1 and β = 0 is silu(gate) · up. It normalizes the weights of
 * the chosen experts; for a family that does not, the result is multiplied by their sum.
 */
function applyFused(graph: Graph, weights: Weights, experts: Experts, x: Value): Value {
  const { count, perToken, normalize } = experts;
  const { gate, down } = experts.expert(0);
  const [inner, hidden] = [gate.output, gate.input];
  const { gateUp, downs } = weights.has(experts.stacked.gateUp)
    ? fromStacked(graph, weights, experts)
    : fromEach(graph, weights, experts);
  const logits = routerLogits(graph, weights, experts, x);
  const mixed = graph.op(
    'MoE',
    [
      x,
      logits,
      graph.reshape(gateUp, [count, 2 * inner, hidden]),
      null,
      graph.reshape(downs, [count, down.output, down.input]),
    ],
    {
      k: perToken,
      activation_type: 'swiglu',
      activation_alpha: { float: 1 },
      activation_beta: { float: 0 },
      swiglu_fusion: 1,
      normalize_routing_weights: 1,
    },
    'com.microsoft',
  );
  return normalize ? mixed : graph.op('Mul', [mixed, chosenShares(graph, logits, perToken).total]);
}

interface Stacked {
  /** Gate and up rows alternating: [count · inner, 2, hidden]. */
  readonly gateUp: Value;
  /** [count · hidden, inner]. */
  readonly downs: Value;
}

function fromEach(graph: Graph, weights: Weights, experts: Experts): Stacked {
  const all = Array.from({ length: experts.count }, (_, index) => experts.expert(index));
  const rows = ({ module, output, input }: Linear, dims: readonly number[]) =>
    loadFloat32(graph, weights.tensor(`${module}.weight`, [output, input]), dims);
  const pairs = all.map(({ gate, up }) =>
    graph.op('Concat', [rows(gate, [gate.output, 1, gate.input]), rows(up, [up.output, 1, up.input])], { axis: 1 }),
  );
  const downs = all.map(({ down }) => rows(down, [down.output, down.input]));
  return { gateUp: graph.op('Concat', pairs, { axis: 0 }), downs: graph.op('Concat', downs, { axis: 0 }) };
}

function fromStacked(graph: Graph, weights: Weights, { count, stacked, expert }: Experts): Stacked {
  const { gate, down } = expert(0);
  const gateUp = weights.tensor(stacked.gateUp, [count, 2 * gate.output, gate.input]);
  const both = loadFloat32(graph, gateUp, [count, 2, gate.output, gate.input]);
  return {
    gateUp: graph.op('Transpose', [both], { perm: [0, 2, 1, 3] }),
    downs: loadFloat32(graph, weights.tensor(stacked.down, [count, down.output, down.input])),
  };
}

function applyEach(graph: Graph, weights: Weights, experts: Experts, x: Value): Value {
  const shares = graph.node('Split', [route(graph, weights, experts, x)], {
    outputs: experts.count,
    attributes: { axis: 0, num_outputs: experts.count },
  });
  const run = expertAt(graph, weights, experts);
  let total = graph.op('Mul', [x, graph.constant([0], 'float32')]);
  for (const [index, column] of shares.entries()) {
    const share = graph.reshape(column, [-1]); // [m], zero for tokens that are routed elsewhere
    const tokens = graph.reshape(graph.op('NonZero', [share]), [-1]);
    const routed = graph.op('Gather', [x, tokens], { axis: 0 });
    const weight = graph.reshape(graph.op('Gather', [share, tokens], { axis: 0 }), [-1, 1]);
    const weighted = graph.op('Mul', [run(index, routed), weight]);
    total = graph.op('ScatterND', [total, graph.reshape(tokens, [-1, 1]), weighted], { reduction: 'add' });
  }
  return total;
}

/** [m, count]. */
function routerLogits(graph: Graph, weights: Weights, { router, routerAlias }: Experts, x: Value): Value {
  const isRenamed = routerAlias !== null && !weights.has(`${router.module}.weight`);
  return applyLinear(graph, weights, isRenamed ? { ...router, module: routerAlias } : router, x);
}

/** The weight of each expert for each token: [count, m], zero except for the best few. */
function route(graph: Graph, weights: Weights, experts: Experts, x: Value): Value {
  const { count, perToken, normalize } = experts;
  const logits = routerLogits(graph, weights, experts, x);
  const { probabilities, best, chosen, total } = chosenShares(graph, logits, perToken);
  const share = normalize ? graph.op('Div', [best, total]) : best;
  const zeros = graph.op('Mul', [probabilities, graph.constant([0], 'float32')]);
  const spread = graph.op('ScatterElements', [zeros, chosen, share], { axis: -1 });
  return graph.reshape(graph.op('Transpose', [spread], { perm: [1, 0] }), [count, -1]);
}

/**
 * The probabilities of all experts [m, count], of the best few [m, perToken], the indices of those, and their sum [m,
 * 1].
 */
function chosenShares(graph: Graph, logits: Value, perToken: number) {
  const probabilities = graph.op('Softmax', [logits], { axis: -1 });
  const k = graph.constant([perToken], 'int64');
  const [best, chosen] = graph.node('TopK', [probabilities, k], { outputs: 2, attributes: { axis: -1 } });
  const total = graph.op('ReduceSum', [best, graph.constant([-1], 'int64')], { keepdims: 1 });
  return { probabilities, best, chosen, total };
}

/** Each expert, from its own tensors or as a part of the stacked ones. */
function expertAt(graph: Graph, weights: Weights, experts: Experts): (index: number, x: Value) => Value {
  const { count, activation, stacked } = experts;
  if (!weights.has(stacked.gateUp)) {
    return (index, x) => {
      const { gate, up, down } = experts.expert(index);
      const inner = gated(graph, activation, applyLinear(graph, weights, gate, x), applyLinear(graph, weights, up, x));
      return applyLinear(graph, weights, down, inner);
    };
  }
  const { gate } = experts.expert(0);
  const gateUp = weights.tensor(stacked.gateUp, [count, 2 * gate.output, gate.input]);
  const down = weights.tensor(stacked.down, [count, gate.input, gate.output]);
  return (index, x) => {
    const both = applyWeight(graph, weights, x, blockOf(gateUp, index, count));
    const inner = gatedHalves(graph, activation, both);
    return applyWeight(graph, weights, inner, blockOf(down, index, count));
  };
}
