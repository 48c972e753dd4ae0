import {
  type Device,
  float32Data,
  float32Output,
  openSession,
  type Session,
  type Tensor,
  tensor,
  tensorOutput,
} from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';

/** The vectors of one matrix, as rows [d, n] of float32. Vectors on a device never leave it. */
export interface Vectors {
  /** Do the outputs of the graphs stay on the device? */
  readonly areOnDevice: boolean;
  /** Take over rows that a graph returned. */
  keep(rows: Tensor): Tensor;
  /** Free rows on the device; on the CPU the garbage collector does. */
  dispose(rows: Tensor): void;
  /** Sum of the elementwise products of two panels of the same shape. */
  dot(a: Tensor, b: Tensor): Promise<number>;
  /** @param capacity most rows */
  openStack(capacity: number): Stack;
  release(): Promise<void>;
}

/** Contiguous rows, to which others are appended. */
export interface Stack {
  /** [size, n]. */
  readonly rows: Tensor;
  push(rows: Tensor): Promise<void>;
  /** @returns a function that removes what was pushed since */
  mark(): () => void;
}

/** @param n elements of a vector */
export async function openVectors(n: number, device: Device): Promise<Vectors> {
  // Only with WebGPU can onnxruntime leave outputs on the device: with CUDA, rows are copied back and forth.
  if (device.name !== 'webgpu') return hostVectors(n);
  const join = await openSession(joinGraph(n), device, { onDevice: ['joined'] });
  return deviceVectors(n, { join, products: await openSession(productsGraph(n), device) });
}

function hostVectors(n: number): Vectors {
  return {
    areOnDevice: false,
    keep: (rows) => rows,
    dispose() {},
    async dot(a, b) {
      const [left, right] = [float32Data(a), float32Data(b)];
      let sum = 0;
      for (let i = 0; i < left.length; i += 1) sum += (left[i] as number) * (right[i] as number);
      return sum;
    },
    openStack(capacity) {
      const data = new Float32Array(capacity * n);
      let size = 0;
      return {
        get rows() {
          return tensor.float32(data.subarray(0, size * n), [size, n]);
        },
        push: async (rows) => {
          data.set(float32Data(rows), size * n);
          size += panelRowCount(rows);
        },
        mark: () => {
          const before = size;
          return () => {
            size = before;
          };
        },
      };
    },
    async release() {},
  };
}

function deviceVectors(n: number, { join, products }: Record<'join' | 'products', Session>): Vectors {
  const alive = new Set<Tensor>();
  const keep = (rows: Tensor) => {
    alive.add(rows);
    return rows;
  };
  const dispose = (rows: Tensor) => {
    // Rows that were created on the CPU are not on the device.
    if (alive.delete(rows)) rows.dispose();
  };
  return {
    areOnDevice: true,
    keep,
    dispose,
    async dot(a, b) {
      const sums = float32Output(await products.run({ a, b }), 'sums');
      return sums.reduce((total, sum) => total + sum, 0);
    },
    openStack() {
      let rows = tensor.float32(new Float32Array(), [0, n]);
      /** States that the stack may be returned to. */
      const marked = new Set<Tensor>();
      return {
        get rows() {
          return rows;
        },
        push: async (next) => {
          const joined = tensorOutput(await join.run({ rows, next }), 'joined');
          if (!marked.has(rows)) dispose(rows);
          rows = keep(joined);
        },
        mark: () => {
          const before = rows;
          marked.add(before);
          return () => {
            if (rows !== before) dispose(rows);
            rows = before;
            marked.delete(before);
          };
        },
      };
    },
    async release() {
      for (const rows of alive) rows.dispose();
      alive.clear();
      await join.release();
      await products.release();
    },
  };
}

export function panelRowCount(rows: Tensor): number {
  return at(rows.dims, 0);
}

function joinGraph(n: number): Graph {
  const graph = new Graph();
  const rows = graph.input('rows', ElementType.float32, ['d', n]);
  const next = graph.input('next', ElementType.float32, ['b', n]);
  graph.output('joined', graph.op('Concat', [rows, next], { axis: 0 }), ElementType.float32);
  return graph;
}

function productsGraph(n: number): Graph {
  const graph = new Graph();
  const a = graph.input('a', ElementType.float32, ['d', n]);
  const b = graph.input('b', ElementType.float32, ['d', n]);
  const overColumns = graph.constant([1], 'int64');
  const sums = graph.op('ReduceSum', [graph.op('Mul', [a, b]), overColumns], { keepdims: 0 });
  graph.output('sums', sums, ElementType.float32);
  return graph;
}
