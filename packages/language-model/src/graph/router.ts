import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Experts, Router, RouterGroups, Sparsemixer } from '../architectures/decoder.ts';
import { applyLinear, loadFloat32, loadIntegers, scaled } from './linear.ts';
import type { ModelGraph } from './model-graph.ts';
import { applyNorm } from './norm.ts';
import { concat, halve, largest } from './operators.ts';

interface Routing {
  /** Weight of each expert: [m, count], zero except for the chosen. */
  readonly shares: Value;
  /** The sum of a token's weights: [m, 1]. */
  readonly total: Value;
}

/** [m, count]. */
export function routerLogits(graph: ModelGraph, { linear, alias, input }: Router, x: Value): Value {
  const isRenamed = alias !== null && !graph.weights.has(`${linear.module}.weight`);
  const seen = input === undefined ? x : routerInput(graph, input, x);
  const stored = isRenamed ? { ...linear, module: alias } : linear;
  // An adapter uses the name in memory, whichever name the file has.
  const adapted = [linear.module, alias].find((module) => graph.weights.isAdapted(`${module}.weight`)) ?? stored.module;
  return applyLinear(graph, stored, seen, `${adapted}.weight`);
}

function routerInput(graph: ModelGraph, { norm, gain, scale }: NonNullable<Router['input']>, x: Value) {
  const gains = loadFloat32(graph, graph.weights.tensor(gain, [norm.size]));
  const scaledGains = graph.op('Mul', [gains, graph.constant([scale], 'float32')]);
  return graph.op('Mul', [applyNorm(graph, norm, x), scaledGains]);
}

/** Are the experts with the largest logits chosen, and weighted by a softmax? */
export function isPlain({ scores, correction, groups, byToken }: Router): boolean {
  return scores === 'softmax' && correction === null && groups === null && byToken === undefined;
}

/** The experts chosen for each token and their weights, from the router's logits [m, count]. */
export function route(
  graph: ModelGraph,
  { router, count, perToken }: Pick<Experts, 'router' | 'count' | 'perToken'>,
  logits: Value,
  tokens: Value | null,
): Routing {
  if (typeof router.scores === 'object') return mixSparsely(graph, router.scores, logits);
  const scores = SCORES[router.scores](graph, logits);
  const chosen =
    router.byToken === undefined
      ? largest(graph, choiceOf(graph, router, count, scores), perToken)[1]
      : expertsOfTokens(graph, router.byToken, perToken, tokens);
  const best = graph.op('GatherElements', [scores, chosen], { axis: -1 });
  const chosenShares = scaled(graph, normalized(graph, router, best), router.scale);
  if (router.expertScales !== undefined) {
    const scales = loadFloat32(graph, graph.weights.tensor(router.expertScales, [count]));
    const ofChosen = graph.op('Gather', [scales, chosen], { axis: 0 });
    return spread(graph, scores, chosen, graph.op('Mul', [chosenShares, ofChosen]));
  }
  return spread(graph, scores, chosen, chosenShares, { mayRepeat: router.byToken !== undefined });
}

const SCORES: Readonly<Record<Exclude<Router['scores'], Sparsemixer>, (graph: Graph, logits: Value) => Value>> = {
  softmax: (graph, logits) => graph.op('Softmax', [logits], { axis: -1 }),
  sigmoid: (graph, logits) => graph.op('Sigmoid', [logits]),
  'sqrt-softplus': (graph, logits) => graph.op('Sqrt', [graph.op('Softplus', [logits])]),
};

/** [m, perToken]. */
function expertsOfTokens(
  graph: ModelGraph,
  { tensor, vocabulary }: NonNullable<Router['byToken']>,
  perToken: number,
  tokens: Value | null,
): Value {
  if (tokens === null) throw new Error('the tokens that choose experts are missing');
  const table = loadIntegers(graph, graph.weights.integers(tensor, [vocabulary, perToken]));
  return graph.cast(graph.op('Gather', [table, tokens], { axis: 0 }), ElementType.int64);
}

/** Weights of the chosen experts [m, k] as weights of all experts. @param like any value [m, count] */
function spread(graph: Graph, like: Value, chosen: Value, shares: Value, { mayRepeat = false } = {}): Routing {
  const zeros = graph.op('Mul', [like, graph.constant([0], 'float32')]);
  return {
    shares: graph.op('ScatterElements', [zeros, chosen, shares], {
      axis: -1,
      ...(mayRepeat ? { reduction: 'add' } : {}),
    }),
    total: sumOf(graph, shares),
  };
}

function mixSparsely(graph: Graph, { jitter }: Sparsemixer, logits: Value): Routing {
  const [best, chosen] = largest(graph, logits, 2);
  const [[first, second], [firstIndex]] = [halve(graph, best), halve(graph, chosen)];
  const weight = (top: Value, left: Value) => {
    const scale = graph.op('Max', [graph.op('Abs', [logits]), top]);
    const distance = graph.op('Div', [graph.op('Sub', [top, logits]), scale]);
    const isFar = graph.op('Greater', [distance, graph.constant([2 * jitter], 'float32')]);
    const odds = graph.op('Exp', [graph.op('Sub', [left, top])]);
    const near = graph.op('Where', [isFar, graph.constant([0], 'float32'), odds]);
    return graph.op('Reciprocal', [sumOf(graph, near)]);
  };
  const none = graph.op('Add', [
    graph.op('Mul', [first, graph.constant([0], 'float32')]),
    graph.constant([LEAST_LOGIT], 'float32'),
  ]);
  const others = graph.op('ScatterElements', [logits, firstIndex, none], { axis: -1 });
  return spread(graph, logits, chosen, concat(graph, [weight(first, logits), weight(second, others)]));
}

/** Its exponential is 0. */
const LEAST_LOGIT = -1e30;

/** The scores that decide which experts are chosen: [m, count]. */
function choiceOf(graph: ModelGraph, router: Router, count: number, scores: Value): Value {
  const { correction, groups } = router;
  let corrected = scores;
  if (correction !== null) {
    const added = loadFloat32(graph, graph.weights.tensor(correction.tensor, correction.shape), [count]);
    corrected = graph.op('Add', [scores, added]);
  }
  return groups === null ? corrected : inBestGroups(graph, groups, count, corrected);
}

function inBestGroups(graph: Graph, { count: groups, chosen, score, others }: RouterGroups, count: number, x: Value) {
  const grouped = graph.reshape(x, [-1, groups, count / groups]);
  const [best] = largest(graph, grouped, score === 'best' ? 1 : 2);
  const groupScores = graph.op('ReduceSum', [best, graph.constant([-1], 'int64')], { keepdims: 0 });
  const [top, indices] = largest(graph, groupScores, chosen);
  const constantLike = (like: Value, value: number) =>
    graph.op('Add', [graph.op('Mul', [like, graph.constant([0], 'float32')]), graph.constant([value], 'float32')]);
  const [zeros, ones] = [constantLike(groupScores, 0), constantLike(top, 1)];
  const marks = graph.op('ScatterElements', [zeros, indices, ones], { axis: -1 });
  const isChosen = graph.op('Greater', [graph.reshape(marks, [-1, groups, 1]), graph.constant([0], 'float32')]);
  return graph.reshape(graph.op('Where', [isChosen, grouped, graph.constant([others], 'float32')]), [-1, count]);
}

function normalized(graph: Graph, { normalize }: Router, best: Value): Value {
  if (normalize === null) return best;
  const { added, least } = normalize;
  const sum = sumOf(graph, best);
  const raised = added === 0 ? sum : graph.op('Add', [sum, graph.constant([added], 'float32')]);
  return graph.op('Div', [best, least === 0 ? raised : graph.op('Max', [raised, graph.constant([least], 'float32')])]);
}

function sumOf(graph: Graph, shares: Value): Value {
  return graph.op('ReduceSum', [shares, graph.constant([-1], 'int64')], { keepdims: 1 });
}
