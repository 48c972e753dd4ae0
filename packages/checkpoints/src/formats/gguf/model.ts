import { UserError } from '@shadow-gate/platform';
import type { FileState } from '@shadow-gate/platform/files';
import type { TensorEntry } from '../../tensors/tensor-entry.ts';
import type { GgufMetadata } from './metadata.ts';
import { ggufTensorEntry } from './tensor-entry.ts';
import type { GgufTensor } from './tensor-infos.ts';

export interface GgufStoredTensor extends GgufTensor {
  readonly file: string;
  readonly state: FileState;
}

/** Keys of an architecture that do not change the computation, or repeat the tensors. */
const WITHOUT_EFFECT = new Set(['vocab_size', 'tensor_data_layout', 'rope.scaling.finetuned']);

/** Keys about the file, the tokenizer, parts, quantization and production. */
const ELSEWHERE = /^(general|tokenizer|split|quantize|mradermacher|unsloth|llama_cpp|gguf)\./;

/** A GGUF file as an architecture reads it. It records which keys were read: others may change the computation. */
export class GgufModel {
  readonly metadata: GgufMetadata;
  readonly architecture: string;
  readonly tensors: ReadonlyMap<string, GgufStoredTensor>;
  /** The first bytes of small tensors that hold numbers of the config. */
  readonly numbersOf: (tensor: string) => readonly number[] | null;
  readonly #read = new Set<string>();

  constructor(file: Pick<GgufModel, 'metadata' | 'architecture' | 'tensors' | 'numbersOf'>) {
    this.metadata = file.metadata;
    this.architecture = file.architecture;
    this.tensors = file.tensors;
    this.numbersOf = file.numbersOf;
  }

  #key(key: string): string {
    const full = `${this.architecture}.${key}`;
    this.#read.add(full);
    return full;
  }

  number(key: string): number | null {
    return this.metadata.number(this.#key(key));
  }

  required(key: string): number {
    const value = this.number(key);
    if (value !== null) return value;
    throw new UserError(`${this.metadata.file} lacks ${this.architecture}.${key}`, 'convert the model again');
  }

  boolean(key: string): boolean | null {
    return this.metadata.boolean(this.#key(key));
  }

  string(key: string): string | null {
    return this.metadata.string(this.#key(key));
  }

  /** A number for each of `count` layers: stored as a list, or as one number for all. */
  numberOfEach(key: string, count: number): number[] | null {
    const full = this.#key(key);
    const value = this.metadata.get(full);
    if (value === null) return null;
    if (value.type !== 'array') return Array<number>(count).fill(this.metadata.number(full) ?? 0);
    if (value.length === count) return this.metadata.numbers(full);
    throw new UserError(
      `${this.metadata.file}: ${full} has ${value.length} numbers for ${count} layers`,
      'convert the model again',
    );
  }

  booleans(key: string): boolean[] | null {
    return this.metadata.booleans(this.#key(key));
  }

  /** Mark keys as read that are known otherwise, or have no effect on logits. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#key(key);
  }

  /** Mark a key without the architecture's prefix as read. */
  outside(key: string): string {
    this.#read.add(key);
    return key;
  }

  keys(): string[] {
    const prefix = `${this.architecture}.`;
    return this.metadata
      .keys()
      .filter((key) => !ELSEWHERE.test(key))
      .filter((key) => !(key.startsWith(prefix) && this.#isWithoutEffect(key.slice(prefix.length))));
  }

  unread(): string[] {
    return this.keys().filter((key) => !this.#read.has(key));
  }

  #isWithoutEffect(key: string): boolean {
    // llama.cpp reads it for every architecture: without it, tokens see later ones.
    if (key === 'attention.causal') {
      const value = this.metadata.get(`${this.architecture}.${key}`);
      return value?.type === 'bool' && value.value;
    }
    return WITHOUT_EFFECT.has(key);
  }

  get layers(): number {
    return this.required('block_count');
  }

  someLayerHas(name: string): boolean {
    const suffix = `.${name}`;
    return [...this.tensors.keys()].some((full) => full.startsWith('blk.') && full.endsWith(suffix));
  }
}

/** Entries `from` to `to` along the first axis. Rows are whole blocks. */
export function sliceGgufTensor(tensor: GgufStoredTensor, from: number, to: number): GgufStoredTensor {
  const [first = 1, ...rest] = tensor.shape;
  const bytes = tensor.byteLength / first;
  return {
    ...tensor,
    shape: [to - from, ...rest],
    size: (tensor.size / first) * (to - from),
    offset: tensor.offset + from * bytes,
    byteLength: (to - from) * bytes,
  };
}

/** One entry along the first axis, without that axis. */
export function stackMember(tensor: GgufStoredTensor, index: number): GgufStoredTensor {
  const part = sliceGgufTensor(tensor, index, index + 1);
  return { ...part, shape: part.shape.slice(1) };
}

export function namedEntry(tensor: GgufStoredTensor, name: string): TensorEntry {
  return { ...ggufTensorEntry(tensor, tensor), name };
}
