import type { QuantizedWeight, Tensors } from './format.ts';

/** Of activations and of the KV cache, which are not quantized here, and of no weight. */
const UNUSED =
  /^(input|output|activation|act|q|k|v|kv|prob_output)_(global_)?(scale|zero_point)(_ub)?$|^([qkv]_)?bias$|^e_score_correction_bias$/;

/** The scales of a KV cache are those of the attention or of its projections. */
const CACHE_SCALE = /^(.*(?:attn|attention)(?:\.\w+_proj)?)\.(?:q|k|v|kv|prob_output)_(?:scale|zero_point)$/;

/**
 * The weights beside which nothing is stored that their recipes leave out: what multiplies the inputs of a layer, another zero or
 * scale, a mask. The others are no weights of a format that is read.
 */
export function wholeWeights(weights: readonly QuantizedWeight[], tensors: Tensors): QuantizedWeight[] {
  const read = new Set(weights.flatMap(({ name, recipe }) => [name, ...recipe.stored.map((entry) => entry.name)]));
  const leftOver = new Map<string, string[]>();
  for (const name of tensors.keys()) {
    if (read.has(name)) continue;
    for (const stem of stemsOf(name)) leftOver.set(stem, [...(leftOver.get(stem) ?? []), name.slice(stem.length + 1)]);
  }
  return weights.filter(({ name }) => {
    const module = name.replace(/\.weight$/, '');
    const others = leftOver.get(module) ?? [];
    return others.every((leaf) => UNUSED.test(leaf));
  });
}

/** What a tensor may belong to, by its name: `a.b.weight.c.d` to `a.b`, `a.b.c` to `a.b`, and `a.b_c` of a stack to `a.b` too. */
function stemsOf(name: string): string[] {
  const dot = name.lastIndexOf('.');
  const parent = name.slice(0, Math.max(dot, 0));
  const leaf = name.slice(dot + 1);
  const inside = name.indexOf('.weight.');
  const stems = [inside === -1 ? parent : name.slice(0, inside)];
  for (let end = leaf.indexOf('_'); end !== -1; end = leaf.indexOf('_', end + 1)) {
    stems.push(name.slice(0, dot + 1 + end));
  }
  return stems.filter((stem) => stem !== '');
}

/** Is it a scale of the KV cache in a model of these weights? */
export function isCacheScale(name: string, weights: readonly QuantizedWeight[]): boolean {
  return weights.length > 0 && CACHE_SCALE.test(name);
}
