import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { loadFlat } from './load-matrix.ts';

export interface NonFinite {
  readonly nan: number;
  readonly inf: number;
}

/** Elements per block: 8 bytes each, and a few copies. */
const BLOCK = 16 * 1024 * 1024;

export async function countNonFinite(entry: TensorEntry, device: Device): Promise<NonFinite> {
  return { nan: await count('IsNaN', entry, device), inf: await count('IsInf', entry, device) };
}

/** One graph for each kind: a block used by two sums would stay alive until the second. */
async function count(type: 'IsNaN' | 'IsInf', entry: TensorEntry, device: Device): Promise<number> {
  const graph = new Graph();
  const counts = blockStarts(entry).map((start) => {
    const block = loadFlat(graph, entry, start, Math.min(entry.size, start + BLOCK));
    return graph.op('ReduceSum', [graph.cast(graph.op(type, [block]), ElementType.float64)], { keepdims: 0 });
  });
  graph.output('count', graph.sum(counts), ElementType.float64);
  return at(float64Output(await runGraph(graph, device), 'count'), 0);
}

/** Most tensors in one graph; together they have at most BLOCK elements, unless one alone has more. */
const MAX_BATCH = 256;

/** The tensors with NaN or Inf: Σ 0·x is 0 if and only if every x is finite. @param as after conversion to this type */
export async function findNonFinite(
  entries: readonly TensorEntry[],
  device: Device,
  as?: ElementType,
): Promise<TensorEntry[]> {
  const found: TensorEntry[] = [];
  for (const batch of batches(entries)) {
    const graph = new Graph();
    const totals = batch.map((entry) => graph.cast(zeroIfFinite(graph, entry, as), ElementType.float64));
    graph.output('totals', graph.op('Concat', totals, { axis: 0 }), ElementType.float64);
    const values = float64Output(await runGraph(graph, device), 'totals');
    found.push(...batch.filter((_, i) => values[i] !== 0));
  }
  return found;
}

/** Σ 0·x, block by block, in float32 unless the tensor is float64: half the work. */
function zeroIfFinite(graph: Graph, entry: TensorEntry, as: ElementType | undefined): Value {
  const isWide = entry.dtype === 'F64';
  const zero = graph.constant([0], isWide ? 'float64' : 'float32');
  const sums = blockStarts(entry).map((start) => {
    const end = Math.min(entry.size, start + BLOCK);
    const type = isWide ? ElementType.float64 : ElementType.float32;
    const block = loadFlat(graph, entry, start, end, type);
    const held = as === undefined ? block : graph.cast(graph.cast(block, as), type);
    return graph.op('ReduceSum', [graph.op('Mul', [held, zero])], { keepdims: 1 });
  });
  return graph.sum(sums);
}

function blockStarts(entry: TensorEntry): number[] {
  return Array.from({ length: Math.ceil(entry.size / BLOCK) }, (_, i) => i * BLOCK);
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
