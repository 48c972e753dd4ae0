import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import { type TensorEntry, tensorBlock } from '@shadow-gate/checkpoints/tensors';
import type { Experts, Linear, SharedExpert, StackedExperts } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { activate, gated } from './activation.ts';
import { type ExpertUpdates, openExpertUpdates, type StackedUpdate } from './expert-update.ts';
import { applyLinear, applyWeight, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { concat, halve } from './operators.ts';
import { isPlain, route, routerLogits } from './router.ts';

export interface ExpertsOptions {
  /**
   * Use onnxruntime's MoE operator if it computes the same; only the CPU provider has it. Otherwise a session has
   * thousands of nodes and takes minutes to plan: 50 s for two layers of 500 experts, against 1 s fused.
   */
  readonly fuseExperts: boolean;
}

export interface ExpertsInputs extends ExpertsOptions {
  /** int64 [m] in layers whose experts the tokens choose; else null. */
  readonly tokens: Value | null;
}

/**
 * A mixture of experts (Shazeer et al. 2017, arXiv 1701.06538; Jiang et al. 2024, arXiv 2401.04088): [m, hidden] →
 * [m, hidden], without the shared expert. Each expert computes only the tokens routed to it.
 * @param seen input of the router, [m, hidden]
 */
export function applyExperts(
  graph: ModelGraph,
  described: Experts,
  x: Value,
  { fuseExperts, tokens }: ExpertsInputs,
  seen: Value = x,
): Value {
  const experts = withStoredLayout(graph.weights, described);
  const isAdapted = allExperts(experts).some(({ gate, up, down }) =>
    [gate, up, down].some((part) => part !== null && graph.weights.isAdapted(`${part.module}.weight`)),
  );
  const isClamped = typeof experts.activation === 'object';
  const isSwiglu = experts.expert(0).gate !== null && (experts.activation === 'silu' || isClamped);
  // The operator weights outputs only, not inputs.
  const canScale = (experts.scales !== 'input' || experts.perToken === 1) && experts.router.expertScales === undefined;
  const isFused = fuseExperts && !isAdapted && isSwiglu && canScale && experts.latent === null;
  const logits = routerLogits(graph, experts.router, seen);
  const updates = openExpertUpdates(graph, experts);
  const apply = isFused ? applyFused : applyEach;
  return apply(graph, experts, updates, x, logits, tokens);
}

/** Chooses the names and layout of this file, if files of the family differ. Layouts differ in at least one tensor. */
function withStoredLayout(weights: Weights, experts: Experts): Experts {
  const { stacked: described, expert } = experts;
  const stacked =
    described?.alias !== undefined && weights.has(described.alias.gateUp)
      ? { ...described, ...described.alias }
      : described;
  if (stacked?.layout !== 'by shape') return { ...experts, stacked };
  const { up } = expert(0);
  const isInputFirst =
    weights.shape(stacked.gateUp)?.[1] === up.input && weights.shape(stacked.down)?.[1] === up.output;
  return { ...experts, stacked: { ...stacked, layout: isInputFirst ? 'input-first' : 'output-first' } };
}

/** The output of a shared expert with its gate applied: [m, hidden]. */
export function weightShared(graph: ModelGraph, { gate }: SharedExpert, x: Value, output: Value): Value {
  if (gate === null) return output;
  return graph.op('Mul', [output, graph.op('Sigmoid', [applyLinear(graph, gate, x)])]);
}

function allExperts({ count, expert }: Experts) {
  return Array.from({ length: count }, (_, index) => expert(index));
}

/**
 * MoE takes gate and up rows alternating: SwiGLU with α = 1 and β = 0 is silu(gate) · up. It weights the largest logits
 * by a softmax over the chosen ones. Other weights enter as logarithms, and their sum multiplies the result.
 */
function applyFused(
  graph: ModelGraph,
  experts: Experts,
  updates: ExpertUpdates,
  x: Value,
  plainLogits: Value,
  tokens: Value | null,
): Value {
  const { count, perToken, activation, router } = experts;
  const { up, down } = experts.expert(0);
  const [inner, hidden] = [up.output, up.input];
  const { gateUp, downs, gateUpBias, downBias } = stackedOf(graph, experts);
  const isInputScaled = experts.scales === 'input';
  const { normalize, scale } = router;
  const sumsToOne =
    isPlain(router) && normalize !== null && normalize.added === 0 && normalize.least === 0 && scale === 1;
  // If they do, the operator needs no help with routing.
  const routing = sumsToOne && !isInputScaled ? null : route(graph, experts, plainLogits, tokens);
  const logits =
    routing === null || isPlain(router)
      ? plainLogits
      : graph.op('Log', [graph.op('Max', [routing.shares, graph.constant([LEAST_SHARE], 'float32')])]);
  const [alpha, beta, limit] =
    typeof activation === 'object'
      ? [activation.alpha, activation.added, { swiglu_limit: { float: activation.limit } }]
      : [1, 0, {}];
  const gateUpUpdate = updates.gateUp?.whole({ pairs: !isAlternating(experts) });
  const mixed = graph.op(
    'MoE',
    [
      routing !== null && isInputScaled ? graph.op('Mul', [x, routing.total]) : x,
      logits,
      plus(graph, graph.reshape(gateUp, [count, 2 * inner, hidden]), gateUpUpdate),
      gateUpBias,
      plus(graph, graph.reshape(downs, [count, down.output, down.input]), updates.down?.whole({ pairs: false })),
      ...(downBias === null ? [] : [downBias]),
    ],
    {
      k: perToken,
      activation_type: 'swiglu',
      activation_alpha: { float: alpha },
      activation_beta: { float: beta },
      ...limit,
      swiglu_fusion: 1,
      normalize_routing_weights: 1,
    },
    'com.microsoft',
  );
  return routing === null || isInputScaled ? mixed : graph.op('Mul', [mixed, routing.total]);
}

function plus(graph: Graph, all: Value, updates: Value | undefined): Value {
  return updates === undefined ? all : graph.op('Add', [all, updates]);
}

function isAlternating({ stacked }: Experts): boolean {
  return stacked?.layout === 'input-first, alternating';
}

/** Smaller than any weight that matters, and a normal number in float32. */
const LEAST_SHARE = 1e-37;

/**
 * Gate and up rows alternating [count · inner, 2, hidden], down rows [count · hidden, inner], and, if there are any,
 * the biases [count, 2 · inner] and [count, hidden].
 */
function stackedOf(graph: ModelGraph, experts: Experts) {
  const { stacked } = experts;
  return stacked !== null && graph.weights.has(stacked.gateUp)
    ? fromStacked(graph, experts, stacked)
    : fromEach(graph, experts);
}

function fromEach(graph: ModelGraph, experts: Experts) {
  const all = allExperts(experts);
  const rows = ({ module, output, input }: Linear, dims: readonly number[]) =>
    loadFloat32(graph, graph.weights.tensor(`${module}.weight`, [output, input]), dims);
  const pairs = all.map(({ gate, up }) => {
    if (gate === null) throw new Error('experts without a gate are not fused');
    return concat(graph, [rows(gate, [gate.output, 1, gate.input]), rows(up, [up.output, 1, up.input])], 1);
  });
  const downs = all.map(({ down }) => rows(down, [down.output, down.input]));
  return { gateUp: concat(graph, pairs, 0), downs: concat(graph, downs, 0), gateUpBias: null, downBias: null };
}

function fromStacked(graph: ModelGraph, experts: Experts, { layout, biases }: StackedExperts) {
  const { count } = experts;
  const { gateUp, down, inner, hidden } = stackedTensors(graph.weights, experts);
  const transposed = (x: Value, perm: readonly number[]) => graph.op('Transpose', [x], { perm: [...perm] });
  const alternatingBias = () => {
    if (biases === null) return null;
    const entry = graph.weights.tensor(biases.gateUp, [count, 2 * inner]);
    if (layout === 'input-first, alternating') return loadFloat32(graph, entry);
    const halves = loadFloat32(graph, entry, [count, 2, inner]);
    return graph.reshape(transposed(halves, [0, 2, 1]), [count, 2 * inner]);
  };
  const gateUps = () => {
    switch (layout) {
      case 'output-first':
        return transposed(loadFloat32(graph, gateUp, [count, 2, inner, hidden]), [0, 2, 1, 3]);
      case 'input-first':
        return transposed(loadFloat32(graph, gateUp, [count, hidden, 2, inner]), [0, 3, 2, 1]);
      case 'input-first, alternating':
        return transposed(loadFloat32(graph, gateUp), [0, 2, 1]);
      case 'by shape':
        throw new Error('the layout has been chosen already');
    }
  };
  return {
    gateUp: gateUps(),
    downs: layout === 'output-first' ? loadFloat32(graph, down) : transposed(loadFloat32(graph, down), [0, 2, 1]),
    gateUpBias: alternatingBias(),
    downBias: biases === null ? null : loadFloat32(graph, graph.weights.tensor(biases.down, [count, hidden])),
  };
}

function stackedTensors(weights: Weights, { count, stacked, expert }: Experts) {
  if (stacked === null) throw new Error('this family does not stack its experts');
  const { up } = expert(0);
  const [inner, hidden] = [up.output, up.input];
  const isOutputFirst = stacked.layout === 'output-first';
  return {
    inner,
    hidden,
    gateUp: weights.tensor(stacked.gateUp, isOutputFirst ? [count, 2 * inner, hidden] : [count, hidden, 2 * inner]),
    down: weights.tensor(stacked.down, isOutputFirst ? [count, hidden, inner] : [count, inner, hidden]),
  };
}

function applyEach(
  graph: ModelGraph,
  experts: Experts,
  updates: ExpertUpdates,
  x: Value,
  logits: Value,
  tokens: Value | null,
): Value {
  const { shares: spread } = route(graph, experts, logits, tokens);
  const shares = graph.node('Split', [graph.op('Transpose', [spread], { perm: [1, 0] })], {
    outputs: experts.count,
    attributes: { axis: 0, num_outputs: experts.count },
  });
  const run = expertAt(graph, experts, updates);
  const { latent } = experts;
  const seen = latent === null ? x : applyLinear(graph, latent.down, x);
  let total = graph.op('Mul', [seen, graph.constant([0], 'float32')]);
  for (const [index, row] of shares.entries()) {
    const share = graph.reshape(row, [-1]); // [m], zero for tokens routed to other experts
    const tokens = graph.reshape(graph.op('NonZero', [share]), [-1]);
    const routed = graph.op('Gather', [seen, tokens], { axis: 0 });
    const weight = graph.reshape(graph.op('Gather', [share, tokens], { axis: 0 }), [-1, 1]);
    const weighted =
      experts.scales === 'input'
        ? run(index, graph.op('Mul', [routed, weight]))
        : graph.op('Mul', [run(index, routed), weight]);
    total = graph.op('ScatterND', [total, graph.reshape(tokens, [-1, 1]), weighted], { reduction: 'add' });
  }
  return latent === null ? total : applyLinear(graph, latent.up, total);
}

function expertAt(graph: ModelGraph, experts: Experts, updates: ExpertUpdates): (index: number, x: Value) => Value {
  const { count, activation, stacked } = experts;
  const updated = (update: StackedUpdate | null, index: number, x: Value, y: Value) => update?.add(index, x, y) ?? y;
  if (stacked === null || !graph.weights.has(stacked.gateUp)) {
    return (index, x) => {
      const { gate, up, down } = experts.expert(index);
      const apply = (linear: Linear) => applyLinear(graph, linear, x);
      const gatedInner = (gates: Value, ups: Value) => {
        if (updates.gateUp === null) return gated(graph, activation, gates, ups);
        const both = updates.gateUp.add(index, x, concat(graph, [gates, ups]));
        return gated(graph, activation, ...halve(graph, both));
      };
      const inner =
        gate === null
          ? activatePlain(graph, activation, updated(updates.up, index, x, apply(up)))
          : gatedInner(apply(gate), apply(up));
      return updated(updates.down, index, inner, applyLinear(graph, down, inner));
    };
  }
  const { gateUp, down, inner, hidden } = stackedTensors(graph.weights, experts);
  const { layout, biases } = stacked;
  const transB = layout === 'output-first' ? 1 : 0;
  const biasOf = (tensor: string, size: number, index: number) =>
    loadFloat32(graph, tensorBlock(graph.weights.tensor(tensor, [count, size]), index, count));
  const apply = (x: Value, all: TensorEntry, index: number, bias: Value | null) =>
    applyWeight(graph, x, tensorBlock(all, index, count), { transB, bias });
  return (index, x) => {
    const both = apply(x, gateUp, index, biases && biasOf(biases.gateUp, 2 * inner, index));
    const gateAndUp = updated(updates.gateUp, index, x, both);
    const [gates, ups] = isAlternating(experts) ? alternating(graph, gateAndUp, inner) : halve(graph, gateAndUp);
    const active = gated(graph, activation, gates, ups);
    const output = apply(active, down, index, biases && biasOf(biases.down, hidden, index));
    return updated(updates.down, index, active, output);
  };
}

/** Gate and up [m, inner] from one value [m, 2 · inner] in which they alternate. */
function alternating(graph: Graph, both: Value, inner: number): readonly [gate: Value, up: Value] {
  const [gate, up] = halve(graph, graph.reshape(both, [-1, inner, 2]));
  return [graph.reshape(gate, [-1, inner]), graph.reshape(up, [-1, inner])];
}

function activatePlain(graph: Graph, activation: Experts['activation'], x: Value): Value {
  if (typeof activation === 'object') throw new Error('this activation needs a gate');
  return activate(graph, activation, x);
}
