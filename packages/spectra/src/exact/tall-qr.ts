import { type Device, openKernel, type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { unchecked } from '../unchecked.ts';
import { type Dense, type Floats, floats, floatsAccumulation } from './dense.ts';
import { factorPanel, openFactors } from './panel-qr.ts';

/** Columns factored in JavaScript at a time. */
const PANEL = 16;

/** Columns whose reflections are applied together. */
const BLOCK = 256;

/** I − U·T·Uᵀ. */
interface Reflections {
  /** The columns of U, each contiguous: [width, m]. */
  readonly u: Tensor;
  /** [width, width]. */
  readonly t: Tensor;
}

/**
 * The triangular factor of a tall matrix: QR by blocks of Householder reflections (Schreiber & Van Loan 1989, SIAM J.
 * Sci. Stat. Comput. 10(1)). Panels are factored here, everything else runs in onnxruntime. 2·m·n² operations.
 *
 * Columns are updated when their turn comes, by all reflections so far: onnxruntime-node copies every output, even one
 * that is written in place, so there should be few.
 * @param transposed Aᵀ [n, m] with n ≤ m, row-major: the columns of A, each contiguous; overwritten
 * @returns Rᵀ [n, n]
 */
export async function triangularize(transposed: Dense, device: Device): Promise<Dense> {
  const { data, rows: n, columns: m } = transposed;
  if (n > m) throw new RangeError(`the transpose of ${n} × ${m} is not tall`);
  const precision = floatsAccumulation(data);
  const type = ElementType[precision];
  const columns = (first: number, last: number) => data.subarray(first * m, last * m);
  const reflections = (first: number, last: number, t: Float64Array): Reflections => ({
    u: tensor.floats(columns(first, last), [last - first, m]),
    t: tensor.floats(t, [last - first, last - first]),
  });
  const triangle = floats(precision, n * n);
  /** U of a block in float64. */
  const exact = new Float64Array(Math.min(BLOCK, n) * m);
  const factors = await openFactors(device);
  const own = await openReflections(1, type, device);
  const blocks: Reflections[] = [];
  try {
    for (let block = 0; block < n; block += BLOCK) {
      const end = Math.min(n, block + BLOCK);
      if (blocks.length > 0) {
        const before = await openReflections(blocks.length, type, device);
        await before.apply(columns(block, end), m, blocks).finally(before.release);
      }
      let t: Float64Array = new Float64Array();
      for (let start = block; start < end; start += PANEL) {
        const next = Math.min(end, start + PANEL);
        const [known, count, width] = [start - block, next - start, next - block];
        const panel = columns(start, next);
        if (known > 0) await own.apply(panel, m, [reflections(block, start, t)]);
        for (let k = start; k < next; k += 1) triangle.set(data.subarray(k * m, k * m + start), k * n);
        // U replaces the columns of A: their part of R has been copied.
        const r = factorPanel(panel, count, m, start, panel, exact.subarray(known * m, width * m));
        for (let k = 0; k < count; k += 1) {
          for (let i = 0; i <= k; i += 1) triangle[(start + k) * n + start + i] = unchecked(r, i * count + k);
        }
        t = await factors.of(exact, width, m, t, known);
      }
      blocks.push(reflections(block, end, t));
    }
  } finally {
    await own.release();
    await factors.release();
  }
  return { data: triangle, rows: n, columns: n };
}

/** A session that applies `count` reflections, one after the other. */
async function openReflections(count: number, type: ElementType, device: Device) {
  const session = await openKernel(reflectionsGraph(count, type), device);
  return {
    /** Apply them in place. @param columns of length m, each contiguous */
    async apply(columns: Floats, m: number, reflections: readonly Reflections[]): Promise<void> {
      const c = tensor.floats(columns, [columns.length / m, m]);
      const feeds = reflections.flatMap(({ u, t }, i) => [[`U${i}`, u] as const, [`T${i}`, t] as const]);
      await session.run({ C: c, ...Object.fromEntries(feeds) }, { reflected: c });
    },
    release: () => session.release(),
  };
}

/** With the columns of C as rows: Cᵀ ← Cᵀ − (Tᵀ·U·C)ᵀ·U for each U [width, length] in turn. */
function reflectionsGraph(count: number, type: ElementType): Graph {
  const graph = new Graph();
  let c: Value = graph.input('C', type, ['columns', 'length']);
  for (let i = 0; i < count; i += 1) {
    const u = graph.input(`U${i}`, type, [`width${i}`, 'length']);
    const t = graph.input(`T${i}`, ElementType.float64, [`width${i}`, `width${i}`]);
    const projections = graph.cast(graph.op('Gemm', [u, c], { transB: 1 }), ElementType.float64);
    // An error in T or in this product would stretch the matrix: both are in float64, which is hardly any work.
    const product = graph.cast(graph.op('Gemm', [t, projections], { transA: 1 }), type);
    c = graph.op('Gemm', [product, u, c], { alpha: { float: -1 }, transA: 1 });
  }
  graph.output('reflected', c, type);
  return graph;
}
