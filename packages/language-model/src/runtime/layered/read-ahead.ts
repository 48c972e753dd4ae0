import { open } from 'node:fs/promises';
import type { ExternalData } from '@shadow-gate/checkpoints/onnx/graph';
import { groupBy } from '@shadow-gate/platform';

/** Bytes of one read: large enough for any disk, and small enough to be in memory with everything else. */
const CHUNK = 8 * 1024 * 1024;

/** Reads at a time. */
const READS = 2;

/**
 * Read parts of files that will be mapped next, so that the system has them in memory by then. Few reads are in flight:
 * Node has four threads for files, and states that the running layer needs are not to wait behind all weights of the
 * next one.
 * @returns when all is read; what cannot be read is an error later, when the file is mapped
 */
export async function readAhead(parts: readonly ExternalData[]): Promise<void> {
  const scratch = new Uint8Array(CHUNK);
  for (const [path, own] of groupBy(parts, ({ file }) => file)) {
    const file = await open(path).catch(() => null);
    if (file === null) continue;
    const chunks = chunksOf(own);
    const reading = async () => {
      // Nobody looks at what was read.
      for (const { offset, length } of chunks) await file.read(scratch, 0, length, offset).catch(() => {});
    };
    await Promise.all(Array.from({ length: READS }, reading));
    await file.close();
  }
}

function* chunksOf(parts: readonly ExternalData[]): Generator<{ readonly offset: number; readonly length: number }> {
  for (const { offset, byteLength } of parts) {
    for (let done = 0; done < byteLength; done += CHUNK) {
      yield { offset: offset + done, length: Math.min(CHUNK, byteLength - done) };
    }
  }
}
