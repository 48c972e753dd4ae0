import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { groupBy } from '../group-by.ts';
import { UserError } from '../user-error.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TensorEntry } from './safetensors.ts';

/** Large enough that the disk and SHA-256 bound the speed, not the number of calls. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * A digest of what the checkpoint *is*: names, dtypes, shapes and bytes of all tensors in the order of their names, and
 * the configuration. Sharding, file names and metadata do not change it.
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestCheckpoint(checkpoint: Checkpoint): Promise<string> {
  const digests = new Map<string, string>();
  for (const [file, entries] of groupBy(checkpoint.tensors.values(), ({ file }) => file))
    await digestTensors(file, entries, digests);
  const total = createHash('sha256');
  for (const entry of [...checkpoint.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    total.update(JSON.stringify([entry.name, entry.dtype, entry.shape, digests.get(entry.name)]));
  }
  total.update(JSON.stringify(sortKeys(withoutHistory(checkpoint.config))));
  return `sha256:${total.digest('hex')}`;
}

async function digestTensors(file: string, entries: readonly TensorEntry[], digests: Map<string, string>) {
  const handle = await open(file, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
      const hash: Hash = createHash('sha256');
      for (let done = 0; done < entry.byteLength; ) {
        const want = Math.min(CHUNK_BYTES, entry.byteLength - done);
        const { bytesRead } = await handle.read(buffer, 0, want, entry.offset + done);
        if (bytesRead === 0)
          throw new UserError(`${file} became shorter while it was read`, 'run again when it is complete');
        hash.update(buffer.subarray(0, bytesRead));
        done += bytesRead;
      }
      digests.set(entry.name, hash.digest('hex'));
    }
  } finally {
    await handle.close();
  }
}

/** Where a config came from, and which release wrote it, do not change what the checkpoint is. */
const HISTORY = new Set(['transformers_version', '_name_or_path', '_commit_hash', 'peft_version']);

function withoutHistory(config: Record<string, unknown> | null): Record<string, unknown> | null {
  return config && Object.fromEntries(Object.entries(config).filter(([key]) => !HISTORY.has(key)));
}

/** The order of keys in a config carries no meaning. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}
