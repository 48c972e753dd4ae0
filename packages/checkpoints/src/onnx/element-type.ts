/** ONNX element types used by the graphs (onnx.proto, TensorProto.DataType). */
export const ElementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e5m2: 19,
} as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

const SAFETENSORS_TYPES = {
  F64: ElementType.float64,
  F32: ElementType.float32,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
} as const;

export function onnxElementType({ name, dtype }: { readonly name: string; readonly dtype: string }): ElementType {
  if (!Object.hasOwn(SAFETENSORS_TYPES, dtype)) throw new Error(`${name}: dtype ${dtype} is not floating-point`);
  return SAFETENSORS_TYPES[dtype as keyof typeof SAFETENSORS_TYPES];
}

export type PreparedType = typeof ElementType.float32 | typeof ElementType.uint8;

export function elementBytes(type: ElementType): number {
  if (type === ElementType.float64) return 8;
  if (type === ElementType.uint8 || type === ElementType.int8) return 1;
  return FOUR_BYTES.includes(type) ? 4 : 2;
}

const FOUR_BYTES: readonly ElementType[] = [ElementType.float32, ElementType.int32, ElementType.uint32];
