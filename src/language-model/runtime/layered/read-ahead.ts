import { open } from 'node:fs/promises';
import type { ExternalData } from '../../../onnx/graph.ts';
import { groupBy } from '../../../platform/group-by.ts';

/** Bytes of one read: large enough for any disk, and small enough to be in memory beside everything else. */
const CHUNK = 8 * 1024 * 1024;

/**
 * Read parts of files that will be mapped next, so that the system has them in memory by then. All reads are queued at once: Node's
 * threads then work on them while onnxruntime computes on this one.
 * @returns when all is read; what cannot be read is an error later, when the file is mapped
 */
export async function readAhead(parts: readonly ExternalData[]): Promise<void> {
  const scratch = new Uint8Array(CHUNK);
  const files = [...groupBy(parts, ({ file }) => file)];
  await Promise.all(
    files.map(async ([path, own]) => {
      const file = await open(path).catch(() => null);
      if (file === null) return;
      const reads = own.flatMap(({ offset, byteLength }) =>
        Array.from({ length: Math.ceil(byteLength / CHUNK) }, (_, i) =>
          // Nobody looks at what was read.
          file.read(scratch, 0, Math.min(CHUNK, byteLength - i * CHUNK), offset + i * CHUNK).catch(() => {}),
        ),
      );
      await Promise.all(reads);
      await file.close();
    }),
  );
}
