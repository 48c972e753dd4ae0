import { ElementType, type Graph, type Value } from '../../onnx/graph.ts';
import type { TensorEntry } from './tensor-entry.ts';
import { bitsValue } from './tensor-value.ts';

const LAYOUTS = {
  BF16: { type: ElementType.uint16, constant: 'uint16', exponentBits: 8, mantissaBits: 7 },
  F16: { type: ElementType.uint16, constant: 'uint16', exponentBits: 5, mantissaBits: 10 },
  F32: { type: ElementType.int32, constant: 'int32', exponentBits: 8, mantissaBits: 23 },
} as const;

/**
 * The distance between each number of a plain tensor and the next one of its type, 2^(e − bias − mantissa bits), in float32. The biased
 * exponent e is read from the bits; subnormal numbers have that of e = 1. Nothing for float64, whose steps float32 does not have.
 */
export function stepsAround(graph: Graph, entry: TensorEntry): Value {
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
