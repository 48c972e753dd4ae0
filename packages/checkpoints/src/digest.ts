import { createHash } from 'node:crypto';
import { canonicalJson } from '@shadow-gate/platform/json';
import { MIB, type OnProgress } from '@shadow-gate/platform/progress';
import type { Checkpoint } from './checkpoint.ts';
import { digestKeys } from './formats/gguf/digest-keys.ts';
import { fetchTensors } from './open.ts';
import { eachChunk } from './tensors/element-bytes.ts';
import type { TensorEntry, TensorRecipe } from './tensors/tensor-entry.ts';

/** Digests of the bytes of tensors, each computed at its first use. */
export class TensorDigests {
  readonly #known = new Map<string, Promise<string>>();
  readonly #assembled = new WeakMap<TensorEntry, Promise<string>>();

  /** SHA-256 of a tensor's elements in their order, hexadecimal, whatever its layout. @throws UserError for a truncated file */
  of(entry: TensorEntry): Promise<string> {
    if (entry.recipe) return this.#ofQuantized(entry.recipe);
    const key = JSON.stringify([entry.file, entry.offset, entry.byteLength]);
    const known = (entry.layout ? this.#assembled.get(entry) : this.#known.get(key)) ?? digestTensor(entry);
    if (entry.layout) this.#assembled.set(entry, known);
    else this.#known.set(key, known);
    // An error reaches those who await the digest; one that is computed ahead may have nobody yet.
    known.catch(() => {});
    return known;
  }

  /** Of all that its numbers depend on. */
  async #ofQuantized({ stored, parameters }: TensorRecipe): Promise<string> {
    const parts: unknown[] = [];
    for (const entry of stored) parts.push([entry.dtype, entry.shape, await this.of(entry)]);
    return createHash('sha256')
      .update(JSON.stringify([parameters, parts]))
      .digest('hex');
  }
}

/**
 * The identity of a checkpoint: a digest of the names, dtypes, shapes and bytes of all tensors in the order of their
 * names, and of the configuration; also of what a GGUF file says about it that is not read. Sharding, file names and other metadata do not
 * change it.
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
  const gguf = checkpoint.format === 'gguf' ? checkpoint.gguf : undefined;
  if (gguf && gguf.unread.length > 0) total.update(digestKeys(gguf.metadata, gguf.unread));
  return `sha256:${total.digest('hex')}`;
}

async function digestTensor(entry: TensorEntry): Promise<string> {
  const hash = createHash('sha256');
  await eachChunk(entry, (bytes) => hash.update(bytes));
  return hash.digest('hex');
}

/** Keys of a config about its origin, which do not change the model. */
const HISTORY = new Set(['transformers_version', '_name_or_path', '_commit_hash', 'peft_version']);

/** A config without the keys about its origin. */
export function withoutHistory(config: Record<string, unknown> | null): Record<string, unknown> | null {
  return config && Object.fromEntries(Object.entries(config).filter(([key]) => !HISTORY.has(key)));
}
