import { at, UserError } from '@shadow-gate/platform';
import { openResolved } from '@shadow-gate/platform/files';
import { ElementType, Graph } from '../onnx/graph.ts';
import { runGraph, tensorOutput } from '../onnx/session.ts';
import { assemble, tensorRows } from './layout.ts';
import type { TensorEntry } from './tensor-entry.ts';

/** Large enough that the disk and SHA-256 limit the speed. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** The elements of a tensor in order, little-endian, in chunks that share memory. @throws UserError if truncated */
export async function eachChunk(entry: TensorEntry, use: (bytes: Uint8Array) => void): Promise<void> {
  const { layout, shape } = entry;
  if (!layout) return readRun(entry, use);
  const [rows = 1] = shape;
  const pieces = layout.kind === 'pieces' ? layout.pieces : null;
  if (pieces?.every(({ offsets }) => offsets.slice(1).every((start) => start === 0))) {
    const inOrder = pieces.toSorted((a, b) => at(a.offsets, 0) - at(b.offsets, 0));
    for (const piece of inOrder) await eachChunk(piece.entry, use);
    return;
  }
  const block = Math.max(1, Math.floor(CHUNK_BYTES / (entry.byteLength / rows)));
  for (let start = 0; start < rows; start += block)
    use(await assembled(tensorRows(entry, start, Math.min(rows, start + block))));
}

const TYPES: Readonly<Record<number, ElementType>> = {
  1: ElementType.uint8,
  2: ElementType.uint16,
  4: ElementType.int32,
  8: ElementType.int64,
};

async function assembled(entry: TensorEntry): Promise<Uint8Array> {
  const type = TYPES[entry.byteLength / entry.size];
  if (type === undefined) throw new Error(`${entry.name}: ${entry.dtype} has no whole number of bytes`);
  const graph = new Graph();
  graph.output('elements', assemble(graph, entry, type), type);
  const outputs = await runGraph(graph, { name: 'cpu', reason: 'bytes are only put in order' });
  const { data } = tensorOutput(outputs, 'elements');
  if (!ArrayBuffer.isView(data)) throw new Error(`${entry.name}: no numbers`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function readRun({ file, offset, byteLength }: TensorEntry, use: (bytes: Uint8Array) => void): Promise<void> {
  const handle = await openResolved(file);
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, byteLength));
  try {
    for (let done = 0; done < byteLength; ) {
      const want = Math.min(CHUNK_BYTES, byteLength - done);
      const { bytesRead } = await handle.read(buffer, 0, want, offset + done);
      if (bytesRead === 0)
        throw new UserError(`${file} became shorter while it was read`, 'run again when the file is complete');
      use(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
