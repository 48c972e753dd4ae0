import { words } from '@shadow-gate/platform';

/** The dtypes of the safetensors format (safetensors 0.8, `Dtype`), by the bits of an element. */
const DTYPES: ReadonlyArray<readonly [bits: number, names: string]> = [
  [4, 'F4'],
  [6, 'F6_E2M3 F6_E3M2'],
  [8, 'BOOL U8 I8 F8_E5M2 F8_E5M2FNUZ F8_E4M3 F8_E4M3FNUZ F8_E8M0'],
  [16, 'I16 U16 F16 BF16'],
  [32, 'I32 U32 F32'],
  [64, 'C64 F64 I64 U64'],
];
const DTYPE_BITS = new Map(DTYPES.flatMap(([bits, names]) => words(names).map((name) => [name, bits])));

/** Measured dtypes. Tensors of other dtypes are skipped, and listed by name. */
export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

export function isMeasuredDtype(dtype: string): dtype is FloatDtype {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Bits per element; undefined for an unknown dtype. */
export function bitsPerElement(dtype: string): number | undefined {
  return DTYPE_BITS.get(dtype);
}

/** Also true for 8 bits and less: codes or scales of quantized weights. */
export function isFloatingPoint(dtype: string): boolean {
  return /^B?F\d/.test(dtype);
}
