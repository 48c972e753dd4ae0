// Eigenvalues of a symmetric matrix: ours against ml-matrix's, in one run. Usage: npm run bench:eigenvalues [-- N …]
//
// Quote the ratio: the machine's speed is the same for both.

import { at } from '@shadow-gate/platform';
import { symmetricEigenvalues } from '@shadow-gate/spectra';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

const sizes = process.argv.slice(2).map(Number);
symmetricEigenvalues(randomSymmetric(128), 128); // the compiler warms up
for (const n of sizes.length > 0 ? sizes : [256, 512, 1024]) {
  const matrix = randomSymmetric(n);
  const rows = Matrix.from1DArray(n, n, matrix);
  const [ours, values] = time(() => symmetricEigenvalues(matrix.slice(), n));
  const [theirs, reference] = time(() => new EigenvalueDecomposition(rows, { assumeSymmetric: true }).realEigenvalues);
  const largest = Math.max(...reference.map(Math.abs));
  const sorted = [...reference].sort((a, b) => b - a);
  const error = Math.max(...sorted.map((value, i) => Math.abs(value - at(values, i)))) / largest;
  console.log(
    `n = ${n}: ours ${ours.toFixed(2)} s, ml-matrix (with eigenvectors) ${theirs.toFixed(2)} s, ratio ${(theirs / ours).toFixed(1)}, difference ${error.toExponential(1)}`,
  );
}

function randomSymmetric(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  let seed = 42;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      seed = (seed * 48271) % 2147483647;
      const value = seed / 2147483647 - 0.5;
      matrix[i * n + j] = value;
      matrix[j * n + i] = value;
    }
  }
  return matrix;
}

/** Seconds, and what came out. */
function time<T>(work: () => T): readonly [number, T] {
  const start = performance.now();
  const result = work();
  return [(performance.now() - start) / 1000, result];
}
