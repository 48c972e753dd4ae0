import { ElementType, type Graph, type Value } from '../onnx/graph.ts';
import type { TensorEntry, TensorRecipe } from './tensor-entry.ts';
import { bitsValue, isReadable, tensorValue, valueType } from './tensor-value.ts';

interface Assembly {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly TensorEntry[];
  /** Describes `join` in the digest. */
  readonly how: string;
  /** float32 of the parts → float32 of `shape`. It joins rounding steps, too. */
  readonly join: (graph: Graph, parts: readonly Value[]) => Value;
  /** Added to each number, without a change of its step. */
  readonly added?: number;
  /** The index-th of `count` blocks along the first axis, if it depends on some blocks of the parts only. */
  readonly block?: (index: number, count: number) => TensorEntry;
}

/** Unreadable codes are refused elsewhere, and float64 would be rounded. */
export function canAssemble(parts: readonly TensorEntry[]): boolean {
  return parts.every((part) => isReadable(part) && part.dtype !== 'F64');
}

/** A tensor under its usual name and shape, computed from the stored ones, with the dtype of its parts. */
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

function recipeOf({ shape, parts, how, join, block }: Assembly, added: number): TensorRecipe {
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

const LAYOUTS = {
  BF16: { type: ElementType.uint16, constant: 'uint16', exponentBits: 8, mantissaBits: 7 },
  F16: { type: ElementType.uint16, constant: 'uint16', exponentBits: 5, mantissaBits: 10 },
  F32: { type: ElementType.int32, constant: 'int32', exponentBits: 8, mantissaBits: 23 },
} as const;

/**
 * The distance between each number of a plain tensor and the next one of its type, 2^(e − bias − mantissa bits), in
 * float32. The biased exponent e is read from the bits; subnormal numbers have that of e = 1. Zero for float64: its
 * steps are too small for float32.
 */
function stepsAround(graph: Graph, entry: TensorEntry): Value {
  const { dtype, shape } = entry;
  if (!Object.hasOwn(LAYOUTS, dtype)) {
    return graph.op('Expand', [graph.constant([0], 'float32'), graph.constant([...shape], 'int64')]);
  }
  const { type, constant, exponentBits, mantissaBits } = LAYOUTS[dtype as keyof typeof LAYOUTS];
  const [lowest, count] = [2 ** mantissaBits, 2 ** exponentBits];
  const bias = count / 2 - 1;
  const steps = Array.from({ length: count }, (_, e) => 2 ** (Math.max(e, 1) - bias - mantissaBits));
  const bits = bitsValue(graph, entry, type, shape);
  const masked = graph.op('BitwiseAnd', [bits, graph.constant([(count - 1) * lowest], constant)]);
  const exponent = graph.op('Div', [graph.cast(masked, ElementType.int32), graph.constant([lowest], 'int32')]);
  return graph.op('Gather', [graph.constant(steps, 'float32'), exponent], { axis: 0 });
}
