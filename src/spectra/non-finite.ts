import type { TensorEntry } from '../checkpoint/safetensors.ts';
import { ElementType, Graph } from '../onnx/graph.ts';
import { type Device, float64Output, runGraph } from '../onnx/session.ts';
import { loadFlat } from './source.ts';

export interface NonFinite {
  readonly nan: number;
  readonly inf: number;
}

/** Elements looked at together: 8 bytes each, and a few copies. */
const BLOCK = 16 * 1024 * 1024;

/** How many NaN and Inf a tensor holds. */
export async function countNonFinite(entry: TensorEntry, device: Device): Promise<NonFinite> {
  return { nan: await count('IsNaN', entry, device), inf: await count('IsInf', entry, device) };
}

/** One graph for each kind: a block that two sums need would stay alive until the second. */
async function count(type: 'IsNaN' | 'IsInf', entry: TensorEntry, device: Device): Promise<number> {
  const graph = new Graph();
  const blocks = Array.from({ length: Math.ceil(entry.size / BLOCK) }, (_, i) => i * BLOCK);
  const counts = blocks.map((start) => {
    const block = loadFlat(graph, entry, start, Math.min(entry.size, start + BLOCK));
    return graph.op('ReduceSum', [graph.cast(graph.op(type, [block]), ElementType.float64)], { keepdims: 0 });
  });
  graph.output('count', graph.sum(counts), ElementType.float64);
  return float64Output(await runGraph(graph, device), 'count')[0] ?? 0;
}

/** Tensors looked at in one graph, of together at most BLOCK elements. */
const MAX_BATCH = 256;

/** Which of these tensors hold NaN or Inf: 0·x sums to 0 exactly if every x is finite. */
export async function findNonFinite(entries: readonly TensorEntry[], device: Device): Promise<TensorEntry[]> {
  const found: TensorEntry[] = [];
  const large = entries.filter(({ size }) => size > BLOCK);
  for (const entry of large) {
    const { nan, inf } = await countNonFinite(entry, device);
    if (nan + inf > 0) found.push(entry);
  }
  for (const batch of batches(entries.filter(({ size }) => size <= BLOCK))) {
    const graph = new Graph();
    const zero = graph.constant([0], 'float64');
    const sums = batch.map((entry) =>
      graph.op('ReduceSum', [graph.op('Mul', [loadFlat(graph, entry), zero])], { keepdims: 1 }),
    );
    graph.output('sums', graph.op('Concat', sums, { axis: 0 }), ElementType.float64);
    const totals = float64Output(await runGraph(graph, device), 'sums');
    found.push(...batch.filter((_, i) => totals[i] !== 0));
  }
  return found;
}

function batches(entries: readonly TensorEntry[]): TensorEntry[][] {
  const all: TensorEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const last = all.at(-1);
    if (last && last.length < MAX_BATCH && entry.size <= room) last.push(entry);
    else {
      all.push([entry]);
      room = BLOCK;
    }
    room -= entry.size;
  }
  return all;
}
