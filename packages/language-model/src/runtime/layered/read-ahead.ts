import { open } from 'node:fs/promises';
import type { ExternalData } from '@shadow-gate/checkpoints/onnx/graph';
import { groupBy } from '@shadow-gate/platform';

/** Bytes per read: large enough for any disk, and small enough next to everything else in memory. */
const CHUNK = 8 * 1024 * 1024;

/** Reads at a time. */
const READS = 2;

/**
 * Read parts of files that will be mapped next, so that the system has them in memory by then. Few reads run at a time:
 * Node has four threads for files, and states that the running layer needs must not wait behind all weights of the next
 * layer. Failures are ignored: mapping the file will report them.
 */
export async function readAhead(parts: readonly ExternalData[]): Promise<void> {
  const scratch = new Uint8Array(CHUNK);
  for (const [path, own] of groupBy(parts, ({ file }) => file)) {
    const file = await open(path).catch(() => null);
    if (file === null) continue;
    const chunks = chunksOf(own);
    const reading = async () => {
      // Nothing looks at the data.
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
