import type { Graph, Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { AltUp, AltUpBlock, Laurel } from '../architectures/altup.ts';
import type { Linear } from '../architectures/decoder.ts';
import { applyLinear, loadFloat32 } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { concat } from './operators.ts';

/** The least mean square of a state. */
const LEAST_SQUARE = 1e-5;

/** The hidden states [m, count, hidden] of embeddings [m, hidden]. */
export function expandStates(graph: ModelGraph, { expand }: AltUp, embedded: Value): Value {
  const magnitude = rootMeanSquare(graph, embedded);
  const others = expand.map((layer) => scaledTo(graph, layer, embedded, magnitude));
  const states = [embedded, ...others].map((state) => asState(graph, state));
  return concat(graph, states, 1);
}

/** One hidden state [m, hidden] from all. */
export function collapseStates(graph: ModelGraph, { count, collapse }: AltUp, states: Value): Value {
  const first = stateAt(graph, states, 0);
  const magnitude = rootMeanSquare(graph, first);
  const others = collapse.map((layer, i) => scaledTo(graph, layer, stateAt(graph, states, i + 1), magnitude));
  return graph.op('Mul', [graph.sum([first, ...others]), scalar(graph, 1 / count)]);
}

/** The states predicted for after the block: [m, count, hidden]. */
export function predictStates(graph: ModelGraph, block: AltUpBlock, states: Value): Value {
  const { count, active, predict } = block;
  const coefficients = applyLinear(graph, predict, route(graph, block, stateAt(graph, states, active)));
  const mixed = graph.op('MatMul', [graph.reshape(coefficients, [-1, count, count]), states]);
  return graph.op('Add', [mixed, states]);
}

/** The states after the block, from its output [m, hidden]. */
export function correctStates(graph: ModelGraph, block: AltUpBlock, predicted: Value, output: Value): Value {
  const { count, active, correct } = block;
  const innovation = graph.op('Sub', [output, stateAt(graph, predicted, active)]);
  const coefficients = applyLinear(graph, correct, route(graph, block, output));
  const shares = graph.reshape(graph.op('Add', [coefficients, scalar(graph, 1)]), [-1, count, 1]);
  return graph.op('Add', [predicted, graph.op('Mul', [asState(graph, innovation), shares])]);
}

/** The active state, as used to gate the layer's embedding: [m, hidden]. */
export function chosenState(graph: ModelGraph, block: AltUpBlock, states: Value): Value {
  const state = stateAt(graph, states, block.active);
  if (block.outputScale === null) return state;
  return graph.op('Mul', [state, loadFloat32(graph, graph.weights.tensor(block.outputScale, [block.norm.size]))]);
}

/** Add to all states but the first, whichever is active. */
export function addToOthers(graph: Graph, { count }: AltUpBlock, states: Value, added: Value): Value {
  const factors = Array.from({ length: count }, (_, i) => (i === 0 ? 0 : 1));
  const isOther = graph.constant(factors, 'float32', [1, count, 1]);
  return graph.op('Add', [states, graph.op('Mul', [asState(graph, added), isOther])]);
}

export function stateAt(graph: Graph, states: Value, index: number): Value {
  return graph.op('Gather', [states, graph.constant([index], 'int64', [])], { axis: 1 });
}

/** See {@link Laurel}. @param sum the stream plus the output of attention */
export function withLaurel(
  graph: ModelGraph,
  { left, right, norm }: Laurel,
  { sum, normed }: { readonly sum: Value; readonly normed: Value },
): Value {
  const lowRank = applyLinear(graph, right, applyLinear(graph, left, normed));
  const laurel = graph.op('Add', [normed, applyNorm(graph, norm, lowRank)]);
  return graph.op('Mul', [graph.op('Add', [sum, laurel]), scalar(graph, Math.SQRT1_2)]);
}

/** [m, count]. */
function route(graph: ModelGraph, { norm, routerScale, router }: AltUpBlock, state: Value): Value {
  const seen = graph.op('Mul', [applyNorm(graph, norm, state), scalar(graph, routerScale)]);
  return graph.op('Tanh', [applyLinear(graph, router, seen)]);
}

/** A linear layer whose output is scaled to a magnitude [m, 1]. */
function scaledTo(graph: ModelGraph, layer: Linear, x: Value, magnitude: Value): Value {
  const projected = applyLinear(graph, layer, x);
  const least = graph.op('Max', [meanSquare(graph, projected), scalar(graph, LEAST_SQUARE)]);
  return graph.op('Mul', [projected, graph.op('Div', [magnitude, graph.op('Sqrt', [least])])]);
}

function rootMeanSquare(graph: Graph, x: Value): Value {
  return graph.op('Sqrt', [meanSquare(graph, x)]);
}

function meanSquare(graph: Graph, x: Value): Value {
  return graph.op('ReduceMean', [graph.op('Mul', [x, x]), graph.constant([-1], 'int64')], { keepdims: 1 });
}

/** [m, hidden] → [m, 1, hidden]. */
function asState(graph: Graph, x: Value): Value {
  return graph.op('Unsqueeze', [x, graph.constant([1], 'int64')]);
}

function scalar(graph: Graph, value: number): Value {
  return graph.constant([value], 'float32', []);
}
