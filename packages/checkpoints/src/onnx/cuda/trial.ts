import { ElementType, Graph } from '../graph.ts';
import { type Device, float32Output, float64Output, runGraph } from '../session.ts';

const CUDA: Device = { name: 'cuda', reason: 'trial' };

/** Large enough for the kernels of large matrices. */
const SIZE = 64;

/** Sums of 64 float32 products are right to about 10⁻⁶; with TF32's 10 mantissa bits they are off by 10⁻³. */
const TOLERANCE_32 = 2e-5;
const TOLERANCE_64 = 1e-12;

/** Compare float64 products and float32 attention on the device with JavaScript's. @returns what is wrong, or null */
export async function tryCuda(device: Device = CUDA): Promise<string | null> {
  const [a, b, c] = [wave(0.7), wave(1.3), wave(0.37)];
  const product = await productOf(a, b, device);
  if (!isClose(product, multiply(a, b), TOLERANCE_64)) return 'a product in float64 is wrong';
  const mixed = await attentionOf([a, b, c], device);
  if (!isClose(mixed, attend([a, b, c].map(rounded)), TOLERANCE_32)) return 'an attention in float32 is wrong';
  return null;
}

async function productOf(a: readonly number[], b: readonly number[], device: Device): Promise<ArrayLike<number>> {
  const graph = new Graph();
  const [left, right] = [a, b].map((values) => graph.constant(values, 'float64', [SIZE, SIZE]));
  graph.output('product', graph.op('MatMul', [left ?? null, right ?? null]), ElementType.float64);
  return float64Output(await runGraph(graph, device), 'product');
}

async function attentionOf(inputs: readonly (readonly number[])[], device: Device): Promise<ArrayLike<number>> {
  const graph = new Graph();
  const [q = null, k = null, v = null] = inputs.map((values) => graph.constant(values, 'float32', [SIZE, SIZE]));
  const scores = graph.op('MatMul', [q, graph.op('Transpose', [k], { perm: [1, 0] })]);
  const mixed = graph.op('MatMul', [graph.op('Softmax', [scores], { axis: -1 }), v]);
  graph.output('mixed', mixed, ElementType.float32);
  return float32Output(await runGraph(graph, device), 'mixed');
}

/** As good as random, and the same on every machine. */
const wave = (step: number) => Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(step * (i + 1)));

const rounded = (values: readonly number[]) => values.map(Math.fround);

function multiply(a: readonly number[], b: readonly number[]): number[] {
  return tabulate((row, column) => sum((i) => (a[row * SIZE + i] ?? 0) * (b[i * SIZE + column] ?? 0)));
}

/** softmax(Q · Kᵀ) · V, the softmax of each row. */
function attend([q = [], k = [], v = []]: readonly (readonly number[])[]): number[] {
  const weights = tabulate((row, column) =>
    Math.exp(sum((i) => (q[row * SIZE + i] ?? 0) * (k[column * SIZE + i] ?? 0))),
  );
  const totals = Array.from({ length: SIZE }, (_, row) => sum((i) => weights[row * SIZE + i] ?? 0));
  return multiply(
    tabulate((row, column) => (weights[row * SIZE + column] ?? 0) / (totals[row] ?? 1)),
    v,
  );
}

function tabulate(value: (row: number, column: number) => number): number[] {
  return Array.from({ length: SIZE * SIZE }, (_, i) => value(Math.floor(i / SIZE), i % SIZE));
}

function sum(term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < SIZE; i += 1) total += term(i);
  return total;
}

function isClose(found: ArrayLike<number>, expected: readonly number[], tolerance: number): boolean {
  return (
    found.length === expected.length && expected.every((value, i) => Math.abs((found[i] ?? NaN) - value) <= tolerance)
  );
}
