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

/**
 * Keeps the vectors of one matrix, as rows [d, n] of float32. Nothing else reads them: if they are on a device, they
 * never leave it.
 */
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
  /** Free everything. */
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
  // onnxruntime's binding can leave outputs on the device with WebGPU only: with CUDA, rows are copied back and forth.
  if (device.name !== 'webgpu') return new HostVectors(n);
  const join = await openSession(joinGraph(n), device, { onDevice: ['joined'] });
  const products = await openSession(productsGraph(n), device);
  return new DeviceVectors(n, join, products);
}

class HostVectors implements Vectors {
  readonly areOnDevice = false;
  readonly #n: number;

  constructor(n: number) {
    this.#n = n;
  }

  keep(rows: Tensor): Tensor {
    return rows;
  }

  dispose(): void {}

  async dot(a: Tensor, b: Tensor): Promise<number> {
    const [left, right] = [float32Data(a), float32Data(b)];
    let sum = 0;
    for (let i = 0; i < left.length; i += 1) sum += (left[i] as number) * (right[i] as number);
    return sum;
  }

  openStack(capacity: number): Stack {
    const n = this.#n;
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
  }

  async release(): Promise<void> {}
}

class DeviceVectors implements Vectors {
  readonly areOnDevice = true;
  readonly #n: number;
  readonly #join: Session;
  readonly #products: Session;
  readonly #alive = new Set<Tensor>();

  constructor(n: number, join: Session, products: Session) {
    this.#n = n;
    this.#join = join;
    this.#products = products;
  }

  keep(rows: Tensor): Tensor {
    this.#alive.add(rows);
    return rows;
  }

  dispose(rows: Tensor): void {
    // Rows that were created on the CPU are not on the device.
    if (this.#alive.delete(rows)) rows.dispose();
  }

  async dot(a: Tensor, b: Tensor): Promise<number> {
    const sums = float32Output(await this.#products.run({ a, b }), 'sums');
    return sums.reduce((total, sum) => total + sum, 0);
  }

  openStack(): Stack {
    let rows = tensor.float32(new Float32Array(), [0, this.#n]);
    /** States that the stack may be returned to. */
    const marked = new Set<Tensor>();
    return {
      get rows() {
        return rows;
      },
      push: async (next) => {
        const joined = tensorOutput(await this.#join.run({ rows, next }), 'joined');
        if (!marked.has(rows)) this.dispose(rows);
        rows = this.keep(joined);
      },
      mark: () => {
        const before = rows;
        marked.add(before);
        return () => {
          if (rows !== before) this.dispose(rows);
          rows = before;
          marked.delete(before);
        };
      },
    };
  }

  async release(): Promise<void> {
    for (const rows of this.#alive) rows.dispose();
    this.#alive.clear();
    await this.#join.release();
    await this.#products.release();
  }
}

/** Number of vectors. */
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
