import { type LoraModule, loraFactors, loraFeatures } from '@shadow-gate/checkpoints/adapter';
import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph } from '@shadow-gate/checkpoints/onnx/graph';
import type { MatrixView } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { gini } from './gini.ts';
import { gramMatrix, gramMemory } from './gram.ts';
import { loadMatrix, type MatrixSource, sumOverStrips } from './load-matrix.ts';
import { spectralMetrics } from './metrics.ts';
import { type ExactSpectrum, NOT_FINITE } from './spectrum.ts';

/** ΔW = scale·B·A of one adapted module, or of one part of a fused module. */
export interface LoraUpdate {
  readonly module: LoraModule;
  /** B [out, r], or the rows of the part. */
  readonly b: MatrixView;
  /** The same matrix in the base model, if there is a reference. */
  readonly base: MatrixSource | null;
}

/** Copies of an r × r matrix alive at once in the decompositions of ml-matrix. */
const CORES_ALIVE = 12;

/** Bytes that `loraSpectrum` needs at its peak. */
export function loraMemory({ module }: LoraUpdate): number {
  const { rank } = module;
  const { input, output } = loraFeatures(module);
  const factors = [input, output].map((size) => gramMemory([rank, size]));
  return Math.max(...factors) + 8 * CORES_ALIVE * rank * rank;
}

/** [m, n] of ΔW in the layout of the base weight. */
export function updateShape({ module, b }: LoraUpdate): readonly [number, number] {
  const output = b.shape[0];
  const { input } = loraFeatures(module);
  return module.transposed ? [input, output] : [output, input];
}

/**
 * The exact spectrum of scale·B·A through its r × r core, without forming ΔW. With BᵀB = G_B and AAᵀ = G_A, any square
 * roots S_B, S_A (S_BᵀS_B = G_B, S_AᵀS_A = G_A) give σ(B·A) = σ(S_B·S_Aᵀ), since B = Q_B·S_B and A = S_Aᵀ·Q_Aᵀ with
 * orthonormal columns of Q.
 */
export async function loraSpectrum(
  update: LoraUpdate,
  { device, wantRowGini }: { device: Device; wantRowGini: boolean },
): Promise<ExactSpectrum> {
  const { module } = update;
  const a: MatrixSource = { source: module.a, view: loraFactors(module).a };
  const b: MatrixSource = { source: module.b, view: update.b };
  const gramB = (await gramMatrix(b, device, { side: 'columns' })).gram;
  const gramA = (await gramMatrix(a, device, { side: 'rows' })).gram;
  if (!gramA.every(Number.isFinite) || !gramB.every(Number.isFinite)) return NOT_FINITE;
  const shape = updateShape(update);
  const singularValues = new Float64Array(Math.min(...shape));
  singularValues.set(coreSingularValues(gramB, gramA, module).slice(0, singularValues.length));
  if (!singularValues.every(Number.isFinite)) return NOT_FINITE;
  const metrics = spectralMetrics(singularValues, shape);
  if (metrics && wantRowGini) metrics.rowGini = gini(await rowEnergies(a, b, module, device));
  if (metrics) {
    const baseEnergy = update.base ? await matrixEnergy(update.base, device) : 0;
    metrics.updateSize = baseEnergy > 0 ? metrics.frobeniusNorm / Math.sqrt(baseEnergy) : null;
  }
  return { singularValues, metrics, finite: true, accumulation: 'float64', method: 'exact' };
}

function coreSingularValues(gramB: Float64Array, gramA: Float64Array, { rank, scale }: LoraModule): number[] {
  const core = squareRoot(gramB, rank).mmul(squareRoot(gramA, rank).transpose()).mul(Math.abs(scale));
  // ml-matrix cannot decompose a zero matrix, and a fresh adapter has B = 0.
  if (core.norm('frobenius') === 0) return new Array(rank).fill(0);
  return new SingularValueDecomposition(core).diagonal.sort((x, y) => y - x);
}

/** S with SᵀS = G: Λ^½·Vᵀ from the eigendecomposition, which exists even without a Cholesky factor. */
function squareRoot(gram: Float64Array, rank: number): Matrix {
  const matrix = Matrix.from1DArray(rank, rank, gram);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const root = eigenvectorMatrix.transpose();
  realEigenvalues.forEach((value, row) => {
    root.mulRow(row, Math.sqrt(Math.max(0, value)));
  });
  return root;
}

/** Energy of each row of B·A: the diagonal of B·(AAᵀ)·Bᵀ; of each row of (B·A)ᵀ: the diagonal of Aᵀ·(BᵀB)·A. */
async function rowEnergies(a: MatrixSource, b: MatrixSource, { transposed }: LoraModule, device: Device) {
  const graph = new Graph();
  const valueA = graph.cast(loadMatrix(graph, a), ElementType.float64);
  const valueB = graph.cast(loadMatrix(graph, b), ElementType.float64);
  const [factor, product] = transposed
    ? [valueA, graph.op('MatMul', [graph.op('Gemm', [valueB, valueB], { transA: 1, transB: 0 }), valueA])]
    : [valueB, graph.op('MatMul', [valueB, graph.op('Gemm', [valueA, valueA], { transA: 0, transB: 1 })])];
  const axis = graph.constant([transposed ? 0 : 1], 'int64');
  const energies = graph.op('ReduceSum', [graph.op('Mul', [factor, product]), axis], { keepdims: 0 });
  graph.output('energies', energies, ElementType.float64);
  // Rounding can leave a zero row a hair below zero.
  return float64Output(await runGraph(graph, device), 'energies').map((energy) => Math.max(0, energy));
}

/** ‖A‖_F². */
export async function matrixEnergy(matrix: MatrixSource, device: Device): Promise<number> {
  const graph = new Graph();
  const energy = sumOverStrips(graph, matrix, (strip) => graph.op('ReduceSumSquare', [strip], { keepdims: 1 }));
  graph.output('energy', energy, ElementType.float64);
  return at(float64Output(await runGraph(graph, device), 'energy'), 0);
}
