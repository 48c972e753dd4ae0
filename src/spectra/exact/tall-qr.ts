import { ElementType, Graph } from '../../onnx/graph.ts';
import { type Device, float64Output, openKernel, type Session, tensor } from '../../onnx/session.ts';
import { type Dense, type Floats, floats, precisionOf } from './dense.ts';
import { factorPanel, panelSpace, triangularFactor } from './panel-qr.ts';

/** Columns factored in JavaScript at a time. */
const PANEL = 16;

/** Columns whose reflections change the rest of the matrix together. */
const BLOCK = 256;

/**
 * The triangular factor of a tall matrix: QR by blocks of Householder reflections (Schreiber & Van Loan 1989, SIAM J. Sci.
 * Stat. Comput. 10(1)), panels here, everything else in onnxruntime. 2·m·n² operations.
 *
 * @param transposed Aᵀ [n, m] with n ≤ m, row-major: the columns of A, each in one piece; overwritten
 * @returns Rᵀ [n, n], in the same memory
 */
export async function triangularise(transposed: Dense, device: Device): Promise<Dense> {
  const { data, rows: n, columns: m } = transposed;
  if (n > m) throw new RangeError(`the transpose of ${n} × ${m} is not tall`);
  const precision = precisionOf(data);
  const reflect = await openReflection(ElementType[precision], device);
  const space = panelSpace();
  const u = floats(precision, Math.min(BLOCK, n) * m);
  try {
    for (let block = 0; block < n; block += BLOCK) {
      const end = Math.min(n, block + BLOCK);
      for (let start = block; start < end; start += PANEL) {
        const width = Math.min(PANEL, end - start);
        const panel = data.subarray(start * m, (start + width) * m);
        const vectors = u.subarray((start - block) * m, (start - block + width) * m);
        const { r, t } = factorPanel(panel, width, m, start, vectors, space);
        for (let k = 0; k < width; k += 1) {
          for (let i = 0; i <= k; i += 1) panel[k * m + start + i] = r[i * width + k] ?? 0;
          panel.fill(0, k * m + start + k + 1, (k + 1) * m);
        }
        await reflect.apply(data, m, start + width, end, vectors, width, t);
      }
      if (end === n) break;
      const width = end - block;
      const gram = await reflect.gram(u, width, m);
      await reflect.apply(data, m, end, n, u, width, triangularFactor(gram, width));
    }
  } finally {
    await reflect.release();
  }
  for (let row = 1; row < n; row += 1) data.copyWithin(row * n, row * m, row * m + n);
  return { data: data.subarray(0, n * n), rows: n, columns: n };
}

async function openReflection(type: ElementType, device: Device) {
  const session = await openKernel(reflectionGraph(type), device);
  const gramSession: Session = await openKernel(gramGraph(type), device);
  const matrix = (data: Floats, rows: number, columns: number) =>
    tensor.floats(data.subarray(0, rows * columns), [rows, columns]);
  return {
    /** Rows `first` to `last` of C ← C − ((C·U)·T)·Uᵀ, in place. */
    async apply(c: Floats, m: number, first: number, last: number, u: Floats, width: number, t: Float64Array) {
      if (first >= last) return;
      const rest = matrix(c.subarray(first * m), last - first, m);
      await session.run({ C: rest, U: matrix(u, width, m), T: matrix(t, width, width) }, { reflected: rest });
    },
    /** UᵀU, [width, width]. */
    async gram(u: Floats, width: number, m: number): Promise<Float64Array> {
      return float64Output(await gramSession.run({ U: matrix(u, width, m) }), 'gram');
    },
    async release() {
      await session.release();
      await gramSession.release();
    },
  };
}

function reflectionGraph(type: ElementType): Graph {
  const graph = new Graph();
  const c = graph.input('C', type, ['rows', 'length']);
  const u = graph.input('U', type, ['width', 'length']);
  const t = graph.input('T', ElementType.float64, ['width', 'width']);
  // An error of T or of this product stretches: in float64, where it is next to nothing of the work.
  const projections = graph.cast(graph.op('Gemm', [c, u], { transB: 1 }), ElementType.float64);
  const product = graph.cast(graph.op('MatMul', [projections, t]), type);
  graph.output('reflected', graph.op('Gemm', [product, u, c], { alpha: { float: -1 } }), type);
  return graph;
}

function gramGraph(type: ElementType): Graph {
  const graph = new Graph();
  const u = graph.cast(graph.input('U', type, ['width', 'length']), ElementType.float64);
  graph.output('gram', graph.op('Gemm', [u, u], { transB: 1 }), ElementType.float64);
  return graph;
}
