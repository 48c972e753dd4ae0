import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { gramMatrix, trace } from '../gram.ts';
import { type MatrixSource, sumOverStrips } from '../load-matrix.ts';
import { unchecked } from '../unchecked.ts';

/** Each step of inverse iteration gains the digits that separate σ_min from the next larger value. */
const STEPS = 3;

/**
 * The smallest singular value to full precision.
 *
 * The Gram matrix squares σ, so it cannot distinguish σ = 0 from 10⁻⁷ σ₁, and σ_min of a healthy square matrix of size
 * n is below t·σ₁ with a probability of about 2·n·t (Edelman 1988, SIAM J. Matrix Anal. Appl. 9(4)). Inverse iteration
 * still determines its *direction* v well, and ‖A·v‖ is not squared.
 */
export async function smallestSingularValue(matrix: MatrixSource, device: Device): Promise<number> {
  const { gram, size } = await gramMatrix(matrix, device);
  // In units of the largest entry, so that neither pivots nor their products leave the range of float64.
  const largest = gram.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = gram.map((value) => value / largest);
  const direction = smallestEigenvector(scaled, size);
  const [m, n] = matrix.view.shape;
  const graph = new Graph();
  const vector = graph.constant([...direction], 'float64', m <= n ? [1, size] : [size, 1]);
  const energy = sumOverStrips(graph, matrix, (strip) => {
    const product = graph.op('MatMul', m <= n ? [vector, strip] : [strip, vector]);
    return graph.op('ReduceSumSquare', [product], { keepdims: 1 });
  });
  graph.output('energy', energy, ElementType.float64);
  return Math.sqrt(unchecked(float64Output(await runGraph(graph, device), 'energy'), 0));
}

/** Unit eigenvector of the smallest eigenvalue of a positive semidefinite matrix, which is overwritten. */
function smallestEigenvector(a: Float64Array, n: number): Float64Array {
  cholesky(a, n);
  // Any start with a part in the wanted direction will do; a fixed one gives the same result in every run.
  let v: Float64Array = Float64Array.from({ length: n }, (_, i) => Math.cos(i * i + 1));
  for (let step = 0; step < STEPS; step += 1) v = normalized(solve(a, n, v));
  return v;
}

/** L·Lᵀ = A in the lower triangle; a pivot below the rounding error is replaced by it. */
function cholesky(a: Float64Array, n: number): void {
  const leastPivot = Number.EPSILON * trace(a, n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = unchecked(a, i * n + j);
      for (let k = 0; k < j; k += 1) sum -= unchecked(a, i * n + k) * unchecked(a, j * n + k);
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, leastPivot)) : sum / unchecked(a, j * n + j);
    }
  }
}

/** Solve L·Lᵀ·x = b. */
function solve(l: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    let sum = unchecked(x, i);
    for (let k = 0; k < i; k += 1) sum -= unchecked(l, i * n + k) * unchecked(x, k);
    x[i] = sum / unchecked(l, i * n + i);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    const value = unchecked(x, i) / unchecked(l, i * n + i);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = unchecked(x, k) - unchecked(l, i * n + k) * value;
  }
  return x;
}

function normalized(v: Float64Array): Float64Array {
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / length);
}
