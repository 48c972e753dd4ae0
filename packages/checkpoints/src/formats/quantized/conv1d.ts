import type { Graph, Value } from '../../onnx/graph.ts';
import type { QuantizedWeight } from './format.ts';

const FAMILIES = ['gpt2', 'imagegpt', 'decision_transformer'];
const NAMES = /\.(c_attn|q_attn|c_proj|c_fc)\.weight$/;

/** GPT-2's Conv1D stores [in, out]; GPT-BigCode and Qwen use the same names for an nn.Linear, [out, in]. */
export function isConv1d(name: string, layoutType: string | null): boolean {
  return layoutType !== null && FAMILIES.includes(layoutType) && NAMES.test(name);
}

export function turned(weight: QuantizedWeight): QuantizedWeight {
  const { shape, recipe } = weight;
  if (shape.length !== 2) return weight;
  const of = (value: (graph: Graph) => Value) => (graph: Graph) =>
    graph.op('Transpose', [value(graph)], { perm: [1, 0] });
  return {
    ...weight,
    shape: [...shape].reverse(),
    recipe: {
      stored: recipe.stored,
      parameters: [...recipe.parameters, 'turned'],
      expand: of(recipe.expand),
      steps: of(recipe.steps),
    },
  };
}
