import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import { stepsAround } from './float-steps.ts';
import type { Recipe, TensorEntry } from './tensor-entry.ts';
import { isReadable, tensorValue, valueType } from './tensor-value.ts';

/** A weight that another program stores in several tensors, or in another order. */
interface Assembly {
  readonly name: string;
  readonly shape: readonly number[];
  /** Plain tensors, or quantized ones. */
  readonly parts: readonly TensorEntry[];
  /** What `join` does, for the digest. */
  readonly how: string;
  /** float32 of the parts → float32 of `shape`. Their rounding steps are put together in the same way. */
  readonly join: (graph: Graph, parts: readonly Value[]) => Value;
  /** What is added to each number: it changes no step. */
  readonly added?: number;
  /** The index-th of `count` blocks along the first axis, if it depends on some blocks of the parts alone. */
  readonly block?: (index: number, count: number) => TensorEntry;
}

/** Can something be assembled of them? Codes that nobody reads are left to those who refuse them, and float64 would be rounded. */
export function canAssemble(parts: readonly TensorEntry[]): boolean {
  return parts.every((part) => isReadable(part) && part.dtype !== 'F64');
}

/** It as a tensor with the name and the shape that it has elsewhere, computed from what is stored. Its dtype is that of its parts. */
export function assembled(assembly: Assembly): TensorEntry {
  const { name, shape, parts, added = 0 } = assembly;
  const [first] = parts;
  if (first === undefined) throw new Error(`${name} has no parts`);
  const formats = [...new Set(parts.map(({ dtype }) => dtype))];
  return {
    ...first,
    name,
    shape,
    dtype: formats.join(' + '),
    size: shape.reduce((product, length) => product * length, 1),
    byteLength: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    recipe: recipeOf(assembly, added),
  };
}

function recipeOf({ shape, parts, how, join, block }: Assembly, added: number): Recipe {
  const joined = (graph: Graph, values: readonly Value[]) => graph.reshape(join(graph, values), shape);
  return {
    stored: parts.flatMap((part) => part.recipe?.stored ?? [part]),
    parameters: [how, added, ...shape, ...parts.flatMap(({ recipe }) => recipe?.parameters ?? [])],
    expand: (graph) => {
      const value = joined(
        graph,
        parts.map((part) => inFloat32(graph, part)),
      );
      return added === 0 ? value : graph.op('Add', [value, graph.constant([added], 'float32')]);
    },
    steps: (graph) =>
      joined(
        graph,
        parts.map((part) => graph.reshape(part.recipe?.steps(graph) ?? stepsAround(graph, part), part.shape)),
      ),
    ...(block && {
      block: (index: number, count: number) => {
        const { recipe } = block(index, count);
        if (recipe === undefined) throw new Error(`${how}: a block without a recipe`);
        return recipe;
      },
    }),
  };
}

function inFloat32(graph: Graph, entry: TensorEntry): Value {
  const value = tensorValue(graph, entry);
  return valueType(entry) === ElementType.float32 ? value : graph.cast(value, ElementType.float32);
}
