import { createHash } from 'node:crypto';
import { canonicalJson } from '../platform/canonical-json.ts';
import { MIB, type OnProgress } from '../platform/progress.ts';
import { openResolved } from '../platform/resolve-inside.ts';
import { UserError } from '../platform/user-error.ts';
import { fetchTensors } from './open.ts';
import type { Checkpoint, Recipe, TensorEntry } from './types.ts';

/** Large enough that the disk and SHA-256 limit the speed, not the number of calls. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** Digests of the bytes of tensors, each computed at its first use. */
export class TensorDigests {
  readonly #known = new Map<string, Promise<string>>();

  /** SHA-256 of a tensor's bytes, hexadecimal. @throws UserError for a truncated file */
  of(entry: TensorEntry): Promise<string> {
    if (entry.recipe) return this.#ofQuantized(entry.recipe);
    const key = JSON.stringify([entry.file, entry.offset, entry.byteLength]);
    const known = this.#known.get(key) ?? digestTensor(entry);
    this.#known.set(key, known);
    // An error reaches those who await the digest; one that is computed ahead may have nobody yet.
    known.catch(() => {});
    return known;
  }

  /** Of all that its numbers depend on. */
  async #ofQuantized({ stored, parameters }: Recipe): Promise<string> {
    const parts: unknown[] = [];
    for (const entry of stored) parts.push([entry.dtype, entry.shape, await this.of(entry)]);
    return createHash('sha256')
      .update(JSON.stringify([parameters, parts]))
      .digest('hex');
  }
}

/**
 * The identity of a checkpoint: a digest of the names, dtypes, shapes and bytes of all tensors in the order of their
 * names, and of the configuration. Sharding, file names and metadata do not change it.
 * @param digests of tensors that have been read already
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestCheckpoint(
  checkpoint: Checkpoint,
  digests = new TensorDigests(),
  onProgress?: OnProgress,
): Promise<string> {
  await fetchTensors(checkpoint, checkpoint.tensors.values(), onProgress);
  const bytes = new Map<string, string>();
  // Disks are faster in the order of the files.
  const inFileOrder = (a: TensorEntry, b: TensorEntry) =>
    a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1;
  const entries = [...checkpoint.tensors.values()].sort(inFileOrder);
  const all = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  for (const entry of entries) {
    onProgress?.({ phase: 'reading', done: done / MIB, total: all / MIB });
    bytes.set(entry.name, await digests.of(entry));
    done += entry.byteLength;
  }
  // The graph of an ONNX model decides whether and how a tensor is measured.
  const uses = new Map(checkpoint.format === 'onnx' ? checkpoint.onnx?.map(({ name, use }) => [name, use]) : []);
  const useOf = ({ name }: TensorEntry) => {
    const use = uses.get(name);
    return use ? [use.opType, use.inputFirst] : null;
  };
  const total = createHash('sha256');
  for (const entry of [...checkpoint.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const parts = [entry.name, entry.dtype, entry.shape, bytes.get(entry.name)];
    total.update(JSON.stringify(uses.size > 0 ? [...parts, useOf(entry)] : parts));
  }
  total.update(canonicalJson(withoutHistory(checkpoint.config)));
  return `sha256:${total.digest('hex')}`;
}

async function digestTensor({ file, offset, byteLength }: TensorEntry): Promise<string> {
  const handle = await openResolved(file);
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, byteLength));
  const hash = createHash('sha256');
  try {
    for (let done = 0; done < byteLength; ) {
      const want = Math.min(CHUNK_BYTES, byteLength - done);
      const { bytesRead } = await handle.read(buffer, 0, want, offset + done);
      if (bytesRead === 0)
        throw new UserError(`${file} became shorter while it was read`, 'run again when the file is complete');
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/** Keys of a config about its origin, which do not change the model. */
const HISTORY = new Set(['transformers_version', '_name_or_path', '_commit_hash', 'peft_version']);

/** A config without the keys about its origin. */
export function withoutHistory(config: Record<string, unknown> | null): Record<string, unknown> | null {
  return config && Object.fromEntries(Object.entries(config).filter(([key]) => !HISTORY.has(key)));
}
