/** PyTorch's dtypes (without `torch.`), and safetensors' names. Others are refused. */
const DTYPES: ReadonlyMap<string, { readonly name: string; readonly bytes: number }> = new Map([
  ['float64', { name: 'F64', bytes: 8 }],
  ['float32', { name: 'F32', bytes: 4 }],
  ['float16', { name: 'F16', bytes: 2 }],
  ['bfloat16', { name: 'BF16', bytes: 2 }],
  ['float8_e4m3fn', { name: 'F8_E4M3', bytes: 1 }],
  ['float8_e5m2', { name: 'F8_E5M2', bytes: 1 }],
  ['float8_e4m3fnuz', { name: 'F8_E4M3FNUZ', bytes: 1 }],
  ['float8_e5m2fnuz', { name: 'F8_E5M2FNUZ', bytes: 1 }],
  ['float8_e8m0fnu', { name: 'F8_E8M0', bytes: 1 }],
  ['complex64', { name: 'C64', bytes: 8 }],
  ['int64', { name: 'I64', bytes: 8 }],
  ['int32', { name: 'I32', bytes: 4 }],
  ['int16', { name: 'I16', bytes: 2 }],
  ['int8', { name: 'I8', bytes: 1 }],
  ['uint64', { name: 'U64', bytes: 8 }],
  ['uint32', { name: 'U32', bytes: 4 }],
  ['uint16', { name: 'U16', bytes: 2 }],
  ['uint8', { name: 'U8', bytes: 1 }],
  ['bool', { name: 'BOOL', bytes: 1 }],
]);

/** Classes of storages from before dtypes (torch/storage.py, `_dtype_to_storage_type_map`). */
const STORAGES: ReadonlyMap<string, string> = new Map([
  ['DoubleStorage', 'float64'],
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['ComplexFloatStorage', 'complex64'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
]);

export function isTorchDtype(name: string): boolean {
  return DTYPES.has(name);
}

export function dtypeOfStorage(className: string): string | undefined {
  return STORAGES.get(className);
}

/** @throws Error for an unknown dtype: names are checked where they are read */
export function torchDtype(name: string): { readonly name: string; readonly bytes: number } {
  const found = DTYPES.get(name);
  if (!found) throw new Error(`torch.${name} is not known`);
  return found;
}

export function bytesOfStorage({ dtype, count }: { readonly dtype: string | null; readonly count: number }): number {
  return dtype === null ? count : count * torchDtype(dtype).bytes;
}
