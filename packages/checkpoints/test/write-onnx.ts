import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import onnxProto from 'onnx-proto';
import type { RawTensor } from './write-safetensors.ts';

export const { onnx } = onnxProto;
const { DataType, DataLocation } = onnx.TensorProto;

type Tensor = InstanceType<typeof onnx.TensorProto>;
type Node = InstanceType<typeof onnx.NodeProto>;
type Attribute = number | readonly number[];

const TYPES: Readonly<Record<string, number>> = {
  F64: DataType.DOUBLE,
  F32: DataType.FLOAT,
  F16: DataType.FLOAT16,
  BF16: DataType.BFLOAT16,
  I64: DataType.INT64,
  I8: DataType.INT8,
  U8: DataType.UINT8,
};

/** An initializer with its elements in `raw_data`. */
export function initializer(name: string, { dtype, shape, data }: RawTensor): Tensor {
  return new onnx.TensorProto({ name, dataType: TYPES[dtype] ?? 0, dims: [...shape], rawData: data });
}

/** An initializer with its elements in another file. */
export function external(
  name: string,
  { dtype, shape }: Pick<RawTensor, 'dtype' | 'shape'>,
  entries: Record<string, string>,
): Tensor {
  return new onnx.TensorProto({
    name,
    dataType: TYPES[dtype] ?? 0,
    dims: [...shape],
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
}

export function node(
  opType: string,
  inputs: readonly string[],
  {
    name = '',
    output = `${name || opType}_out`,
    ...attributes
  }: { name?: string; output?: string } & Record<string, Attribute | string> = {},
): Node {
  const { AttributeType } = onnx.AttributeProto;
  return new onnx.NodeProto({
    name,
    opType,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([key, value]) =>
      typeof value === 'number'
        ? { name: key, type: AttributeType.INT, i: value }
        : { name: key, type: AttributeType.INTS, ints: [...(value as readonly number[])] },
    ),
  });
}

export interface GraphParts {
  readonly tensors: readonly Tensor[];
  readonly nodes: readonly Node[];
}

export function modelBytes({ tensors, nodes }: GraphParts): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: 10,
    producerName: 'test',
    opsetImport: [{ domain: '', version: 21 }],
    graph: { name: 'g', initializer: [...tensors], node: [...nodes] },
  }).finish();
}

export function writeOnnx(path: string, parts: GraphParts): string {
  writeFileSync(path, modelBytes(parts));
  return path;
}

/** All tensors of a safetensors file, with their bytes. */
export function readTensors(path: string): Map<string, RawTensor> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [begin, end],
          },
        ]) => [name, { dtype, shape, data: bytes.subarray(start + begin, start + end) }],
      ),
  );
}

/** A matrix with rows and columns exchanged. */
export function transposed({ dtype, shape: [m = 0, n = 0], data }: RawTensor): RawTensor {
  const width = data.byteLength / (m * n);
  const turned = new Uint8Array(data.byteLength);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const from = (i * n + j) * width;
      turned.set(data.subarray(from, from + width), (j * m + i) * width);
    }
  }
  return { dtype, shape: [n, m], data: turned };
}

/**
 * Write the weights of a safetensors file like PyTorch's exporter: linear layers transposed, under names such as
 * `onnx::MatMul_7`, so that only the name of the node identifies them; embeddings and vectors under their own names.
 * @param data name of a file for the elements; by default they are in the model's file
 */
export function exportToOnnx(safetensors: string, path: string, data?: string): string {
  const tensors: Tensor[] = [];
  const nodes: Node[] = [];
  const blobs: Uint8Array[] = [];
  let offset = 0;
  const keep = (name: string, tensor: RawTensor) => {
    if (data === undefined) tensors.push(initializer(name, tensor));
    else {
      const length = tensor.data.byteLength;
      tensors.push(external(name, tensor, { location: data, offset: String(offset), length: String(length) }));
      blobs.push(tensor.data);
      offset += length;
    }
  };
  for (const [name, tensor] of readTensors(safetensors)) {
    const module = name.replace(/\.weight$/, '');
    const nodePath = `/${module.replaceAll('.', '/').replace(/\/(layers|h)\/(\d+)/, '/$1.$2')}`;
    if (tensor.shape.length < 2) {
      keep(name, tensor);
      nodes.push(node('Mul', ['x', name], { name: `${nodePath}/Mul` }));
    } else if (/embed/.test(module)) {
      keep(name, tensor);
      nodes.push(node('Gather', [name, 'ids'], { name: `${nodePath}/Gather` }));
    } else {
      const made = `onnx::MatMul_${1000 + nodes.length}`;
      keep(made, transposed(tensor));
      nodes.push(node('MatMul', ['x', made], { name: `${nodePath}/MatMul` }));
    }
  }
  if (data !== undefined) writeFileSync(join(dirname(path), data), Buffer.concat(blobs));
  return writeOnnx(path, { tensors, nodes });
}
