import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { explainTemporaryFile } from '@shadow-gate/platform/files';
import { elementBytes } from './element-type.ts';
import { Graph, type Preparation, type Value } from './graph.ts';

/** Elements that one session computes: while they are expanded, they take several times their size. */
const MOST_AT_ONCE = 2 ** 24;

/** An output of a graph, and the bytes of its elements, to be filled. */
export interface PreparedBytes {
  readonly name: string;
  readonly type: Preparation['type'];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Compute = (graph: Graph, into: readonly PreparedBytes[]) => Promise<void>;

/** A part of prepared numbers, and its place in the file. */
interface Part {
  readonly build: (graph: Graph) => Value;
  readonly type: Preparation['type'];
  readonly size: number;
  readonly offset: number;
}

/**
 * Compute the prepared numbers of a graph into a temporary file, for a session that maps it. The file loses its name
 * once the session is open, so that the system frees it with the session, however the process ends.
 * @param compute runs a graph once
 * @throws UserError if the disk is full, or the folder of temporary files cannot be written
 */
export async function withPrepared<T>(
  preparations: readonly Preparation[],
  compute: Compute,
  use: (file: string | null) => Promise<T>,
): Promise<T> {
  if (preparations.length === 0) return use(null);
  const folder = os.tmpdir();
  const explained = (error: unknown) => {
    throw explainTemporaryFile(error, folder, {
      what: 'weights that are prepared for products',
      instead: 'use a server (--endpoint)',
    });
  };
  const own = await mkdtemp(join(folder, 'shadow-gate-weights-')).catch(explained);
  const path = join(own, 'weights');
  try {
    const file = await open(path, 'wx', 0o600).catch(explained);
    try {
      await writePrepared(file, preparations, compute).catch(explained);
    } finally {
      await file.close();
    }
    return await use(path);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Parts that are computed together: a session takes some milliseconds. */
function groupsOf(preparations: readonly Preparation[]): Part[][] {
  const groups: Part[][] = [];
  let left = 0;
  for (const { parts, type, size, offset, byteLength } of preparations) {
    for (const [i, build] of parts.entries()) {
      const length = size / parts.length;
      if (length > left) {
        groups.push([]);
        left = MOST_AT_ONCE;
      }
      left -= length;
      groups.at(-1)?.push({ build, type, size: length, offset: offset + (i * byteLength) / parts.length });
    }
  }
  return groups;
}

/** Each group is written while the next one is computed. */
async function writePrepared(file: FileHandle, preparations: readonly Preparation[], compute: Compute): Promise<void> {
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for (const parts of groupsOf(preparations)) {
      const bytes = await computeParts(parts, compute);
      await writing;
      writing = writeEach(file, bytes);
      // Awaited later; until then, its failure must not end the process.
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
}

async function computeParts(
  parts: readonly Part[],
  compute: Compute,
): Promise<Array<PreparedBytes & { offset: number }>> {
  const graph = new Graph();
  const outputs = parts.map(({ build, type, size, offset }, i) => {
    const name = `part ${i}`;
    graph.output(name, graph.reshape(build(graph), [size]), type);
    return { name, type, bytes: new Uint8Array(size * elementBytes(type)), offset };
  });
  await compute(graph, outputs);
  return outputs;
}

async function writeEach(
  file: FileHandle,
  parts: ReadonlyArray<{ readonly bytes: Uint8Array; readonly offset: number }>,
): Promise<void> {
  for (const { bytes, offset } of parts) await writeAll(file, bytes, offset);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}
