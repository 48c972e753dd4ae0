import { external, initializer, modelBytes, node } from '../../packages/checkpoints/test/write-onnx.ts';

interface Seed {
  readonly model: Uint8Array;
  /** External data; null for a model that has all of it inside. */
  readonly data: Uint8Array | null;
}

function elements(count: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1)).buffer);
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, length) => all * length, 1);
}

function inline(name: string, shape: readonly number[]) {
  return initializer(name, { dtype: 'F32', shape, data: elements(product(shape)) });
}

function outside(name: string, shape: readonly number[], offset: number) {
  const entries = { location: 'data', offset: String(offset), length: String(4 * product(shape)) };
  return external(name, { dtype: 'F32', shape }, entries);
}

const name = '/model/layers.0/self_attn/q_proj/MatMul';

let made: readonly Seed[] | null = null;

/** Small models with every operator that has weights, inline and with external data. */
export function onnxSeeds(): readonly Seed[] {
  made ??= [
    {
      model: modelBytes({
        tensors: [inline('onnx::MatMul_1', [6, 4]), inline('emb', [9, 4])],
        nodes: [node('MatMul', ['x', 'onnx::MatMul_1'], { name }), node('Gather', ['emb', 'ids'])],
      }),
      data: null,
    },
    {
      model: modelBytes({
        tensors: [outside('a.weight', [5, 4], 0), outside('b.weight', [3, 5], 80)],
        nodes: [
          node('Transpose', ['a.weight'], { output: 'turned', perm: [1, 0] }),
          node('MatMul', ['x', 'turned'], { name }),
          node('Gemm', ['y', 'b.weight', 'c'], { transB: 1 }),
        ],
      }),
      data: elements(35),
    },
    {
      model: modelBytes({
        tensors: [
          inline('W', [1, 16, 3]),
          inline('R', [1, 16, 4]),
          inline('B', [1, 32]),
          inline('conv.weight', [4, 2, 3]),
        ],
        nodes: [node('LSTM', ['x', 'W', 'R', 'B'], { hidden_size: 4 }), node('Conv', ['x', 'conv.weight'])],
      }),
      data: null,
    },
  ];
  return made;
}
