import { createHash } from 'node:crypto';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { MIB, type OnProgress } from '@shadow-gate/platform/progress';
import type { Checkpoint } from './checkpoint.ts';
import { digestKeys } from './formats/gguf/metadata.ts';
import { fetchTensors } from './open.ts';
import { eachChunk } from './tensors/element-bytes.ts';
import type { TensorEntry, TensorRecipe } from './tensors/tensor-entry.ts';

/** Digests of tensors, each computed at its first use. */
export class TensorDigests {
  readonly #known = new Map<string, Promise<string>>();
  readonly #assembled = new WeakMap<TensorEntry, Promise<string>>();

  /** SHA-256 of a tensor's elements in order, hexadecimal, in any layout. @throws UserError for a truncated file */
  of(entry: TensorEntry): Promise<string> {
    if (entry.recipe) return this.#ofQuantized(entry.recipe);
    const key = JSON.stringify([entry.file, entry.offset, entry.byteLength]);
    const known = (entry.layout ? this.#assembled.get(entry) : this.#known.get(key)) ?? digestTensor(entry);
    if (entry.layout) this.#assembled.set(entry, known);
    else this.#known.set(key, known);
    // An error reaches those who await the digest; nobody may await it yet.
    known.catch(() => {});
    return known;
  }

  /** The digest of everything that the numbers of a quantized tensor depend on. */
  async #ofQuantized({ stored, parameters }: TensorRecipe): Promise<string> {
    const parts: unknown[] = [];
    for (const entry of stored) parts.push([entry.dtype, entry.shape, await this.of(entry)]);
    return sha256(JSON.stringify([parameters, parts]));
  }
}

/**
 * The identity of a checkpoint: a digest of the names, dtypes, shapes and bytes of all tensors in the order of their
 * names, of the configuration, and of unread keys of a GGUF file. Sharding, file names and other metadata do not
 * change it. @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestCheckpoint(
  checkpoint: Checkpoint,
  digests = new TensorDigests(),
  onProgress?: OnProgress,
): Promise<string> {
  const tensors = await digestTensors(checkpoint, checkpoint.tensors.values(), digests, onProgress);
  // The graph of an ONNX model decides whether and how a tensor is measured.
  const uses = new Map(checkpoint.format === 'onnx' ? checkpoint.onnx?.map(({ name, use }) => [name, use]) : []);
  const useOf = (name: string) => {
    const use = uses.get(name);
    return use ? [use.opType, use.inputFirst] : null;
  };
  const gguf = checkpoint.format === 'gguf' ? checkpoint.gguf : undefined;
  return digestParts(
    uses.size > 0 ? tensors.map((tensor) => [...tensor, useOf(tensor[0])]) : tensors,
    digestedConfig(checkpoint),
    gguf && gguf.unread.length > 0 ? digestKeys(gguf.metadata, gguf.unread) : '',
  );
}

export type DigestedTensor = readonly [name: string, dtype: string, shape: readonly number[], sha256: string];

/** Fetch and hash tensors of a checkpoint. @returns them in the order of their names */
export async function digestTensors(
  checkpoint: Checkpoint,
  tensors: Iterable<TensorEntry>,
  digests: TensorDigests,
  onProgress?: OnProgress,
): Promise<DigestedTensor[]> {
  // Disks are faster in the order of the files.
  const inFileOrder = (a: TensorEntry, b: TensorEntry) =>
    a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1;
  const entries = [...tensors].sort(inFileOrder);
  await fetchTensors(checkpoint, entries, onProgress);
  const all = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const digested: DigestedTensor[] = [];
  let done = 0;
  for (const entry of entries) {
    onProgress?.({ phase: 'reading', done: done / MIB, total: all / MIB });
    digested.push([entry.name, entry.dtype, entry.shape, await digests.of(entry)]);
    done += entry.byteLength;
  }
  return digested.sort(byName);
}

export const byName = ([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]): number =>
  one < other ? -1 : 1;

export const digestedConfig = ({ config }: Pick<Checkpoint, 'config'>): string => canonicalJson(withoutHistory(config));

/** @param tensors in the order of their names */
export function digestParts(tensors: ReadonlyArray<readonly unknown[]>, ...others: readonly string[]): string {
  const total = createHash('sha256');
  for (const tensor of tensors) total.update(JSON.stringify(tensor));
  for (const other of others) total.update(other);
  return `sha256:${total.digest('hex')}`;
}

async function digestTensor(entry: TensorEntry): Promise<string> {
  const hash = createHash('sha256');
  await eachChunk(entry, (bytes) => hash.update(bytes));
  return hash.digest('hex');
}

/** Keys about the origin of a config, which do not change the model. */
const HISTORY = new Set(['transformers_version', '_name_or_path', '_commit_hash', 'peft_version']);

export function withoutHistory(config: Record<string, unknown> | null): Record<string, unknown> | null {
  return config && Object.fromEntries(Object.entries(config).filter(([key]) => !HISTORY.has(key)));
}
