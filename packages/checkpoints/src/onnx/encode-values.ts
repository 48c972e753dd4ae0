import onnxProto from 'onnx-proto';
import type { Attribute, ConstantType } from './graph-values.ts';

const { onnx } = onnxProto;

export function toAttribute(name: string, value: Attribute) {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  if ('graph' in value) return { name, type: AttributeType.GRAPH, g: value.graph };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
};

/** The raw little-endian elements of a constant. */
export function toBytes(values: readonly number[], type: ConstantType): Uint8Array {
  const array = type === 'int64' ? BigInt64Array.from(values, BigInt) : ARRAYS[type].from(values);
  return new Uint8Array(array.buffer);
}
