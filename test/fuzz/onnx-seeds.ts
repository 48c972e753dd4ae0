import onnxProto from 'onnx-proto';
import { at } from '../../src/platform/at.ts';

const { onnx } = onnxProto;
const { DataType, DataLocation } = onnx.TensorProto;

interface Seed {
  readonly model: Uint8Array;
  /** External data; null for a model that has all of it inside. */
  readonly data: Uint8Array | null;
}

function elements(count: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1)).buffer);
}

function inline(name: string, dims: number[]) {
  return new onnx.TensorProto({ name, dataType: DataType.FLOAT, dims, rawData: elements(product(dims)) });
}

function outside(name: string, dims: number[], offset: number) {
  const entries = { location: 'data', offset: String(offset), length: String(4 * product(dims)) };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const dataLocation = DataLocation.EXTERNAL;
  return new onnx.TensorProto({ name, dataType: DataType.FLOAT, dims, dataLocation, externalData });
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, length) => all * length, 1);
}

function node(opType: string, input: string[], attribute: Array<Record<string, unknown>> = []) {
  const output = [`${input.join('_')}_${opType}`];
  return new onnx.NodeProto({ name: `/model/layers.0/self_attn/q_proj/${opType}`, opType, input, output, attribute });
}

function model(initializer: object[], nodes: object[]): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: 10,
    producerName: 'fuzz',
    opsetImport: [{ domain: '', version: 21 }],
    graph: { name: 'g', initializer, node: nodes },
  } as Parameters<typeof onnx.ModelProto.encode>[0]).finish();
}

let made: readonly Seed[] | null = null;

/** Small models with every operator that has weights, inline and with external data. */
export function onnxSeeds(): readonly Seed[] {
  made ??= [
    {
      model: model(
        [inline('onnx::MatMul_1', [6, 4]), inline('emb', [9, 4])],
        [node('MatMul', ['x', 'onnx::MatMul_1']), node('Gather', ['emb', 'ids'])],
      ),
      data: null,
    },
    {
      model: model(
        [outside('a.weight', [5, 4], 0), outside('b.weight', [3, 5], 80)],
        [
          node(
            'Transpose',
            ['a.weight'],
            [{ name: 'perm', type: onnx.AttributeProto.AttributeType.INTS, ints: [1, 0] }],
          ),
          node('MatMul', ['x', at(['a.weight_Transpose'], 0)]),
          node('Gemm', ['y', 'b.weight', 'c'], [{ name: 'transB', type: onnx.AttributeProto.AttributeType.INT, i: 1 }]),
        ],
      ),
      data: elements(35),
    },
    {
      model: model(
        [inline('W', [1, 16, 3]), inline('R', [1, 16, 4]), inline('B', [1, 32]), inline('conv.weight', [4, 2, 3])],
        [
          node(
            'LSTM',
            ['x', 'W', 'R', 'B'],
            [{ name: 'hidden_size', type: onnx.AttributeProto.AttributeType.INT, i: 4 }],
          ),
          node('Conv', ['x', 'conv.weight']),
        ],
      ),
      data: null,
    },
  ];
  return made;
}
