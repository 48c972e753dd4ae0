/** Bits per element of every dtype of the safetensors format (safetensors 0.8, `Dtype`). */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E5M2FNUZ: 8,
  F8_E4M3: 8,
  F8_E4M3FNUZ: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** Dtypes that are measured. Tensors of the other dtypes are skipped, and listed by name. */
export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

export function isMeasuredDtype(dtype: string): dtype is FloatDtype {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Bits per element; undefined for an unknown dtype. */
export function bitsPerElement(dtype: string): number | undefined {
  return Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined;
}

/** Also the floats of 8 bits and less, which are the codes or the scales of quantized weights. */
export function isFloatingPoint(dtype: string): boolean {
  return /^B?F\d/.test(dtype);
}
