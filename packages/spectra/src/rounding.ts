import { ElementType, type Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { FloatDtype, TensorEntry } from '@shadow-gate/checkpoints/tensors';

/** Below this ratio of update energy to rounding energy, the spectrum of ΔW is not judged. */
export const MIN_SNR = 10;

/**
 * Below this ratio of update energy to a quantized reference's rounding energy, training started from its numbers; from
 * those before quantization, the ratio would be about 1.
 */
const EXACT_START = 0.1;

/** Did training start from the stored numbers of a quantized reference? */
export function isExactStart({ referenceSnr }: { readonly referenceSnr?: number | null | undefined }): boolean {
  return typeof referenceSnr === 'number' && referenceSnr < EXACT_START;
}

interface FloatLayout {
  /** Bits of the exponent within the 16. */
  readonly exponentMask: number;
  readonly mantissaBits: number;
  readonly bias: number;
}

const LAYOUTS: Readonly<Record<string, FloatLayout>> = {
  BF16: { exponentMask: 0x7f80, mantissaBits: 7, bias: 127 },
  F16: { exponentMask: 0x7c00, mantissaBits: 10, bias: 15 },
};

export function isRounded(entry: TensorEntry): boolean {
  return Object.hasOwn(LAYOUTS, entry.dtype);
}

/** Bits of the mantissa that are stored. */
const MANTISSA_BITS: Readonly<Record<FloatDtype, number>> = { BF16: 7, F16: 10, F32: 23, F64: 52 };

/** The largest relative standard deviation of the rounding error of a normal number: ulp/√12 at a power of 2. */
export function relativeRounding(dtype: FloatDtype): number {
  return 2 ** -MANTISSA_BITS[dtype] / Math.sqrt(12);
}

/**
 * Σ ulp(w)² over a matrix of a 16-bit float, read as uint16: exact, since the bits have the exponent. ulp(w) = 2^(e −
 * bias − mantissa bits) for the biased exponent e, and that of e = 1 for subnormal numbers. Rounding to nearest adds an
 * error of variance ulp²/12.
 */
export function sumOfSquaredUlps(graph: Graph, bits: Value, dtype: string): Value {
  const layout = LAYOUTS[dtype];
  if (!layout) throw new Error(`${dtype} is not a rounded dtype`);
  const { exponentMask, mantissaBits, bias } = layout;
  const lowestBit = 2 ** mantissaBits;
  const exponents = exponentMask / lowestBit + 1;
  const squaredUlps = Array.from({ length: exponents }, (_, e) => 4 ** (Math.max(e, 1) - bias - mantissaBits));
  const mask = graph.constant([exponentMask], 'uint16');
  const masked = graph.cast(graph.op('BitwiseAnd', [bits, mask]), ElementType.int32);
  const exponent = graph.op('Div', [masked, graph.constant([lowestBit], 'int32')]);
  const squares = graph.op('Gather', [graph.constant(squaredUlps, 'float64'), exponent], { axis: 0 });
  return graph.op('ReduceSum', [squares], { keepdims: 1 });
}
