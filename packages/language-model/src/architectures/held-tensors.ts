import {
  isQuantized,
  type PackedMatrix,
  packedBytes,
  packedForm,
  type TensorEntry,
} from '@shadow-gate/checkpoints/tensors';

/** How a running model holds 16-bit matrices: in float32, or as stored. */
export type HeldWeights = 'float32' | 'as-stored';

const FLOAT_BYTES = 4;

/** While a session is created: the product of all experts' factors, and its sum with the weights. */
const UPDATE_COPIES = 2;

/** Quantized tensors of one type that are in float32 in memory, and why. */
export interface ExpandedTensors {
  readonly dtype: string;
  readonly count: number;
  readonly reason: 'no product takes its format' | 'its operator takes float32';
}

/** The tensors in memory, by their names in the file: all that are used, except tables that are only looked up. */
export class HeldTensors {
  readonly #tensors: ReadonlyMap<string, TensorEntry>;
  readonly #canPack: boolean;
  #names = new Set<string>();
  /** Packed forms in products. */
  readonly #packed = new Map<string, PackedMatrix>();
  /** Elements of the updates of experts. */
  readonly #updates = new Map<string, number>();

  /** @param options.canPack does the device multiply by whole numbers with scales? */
  constructor(tensors: ReadonlyMap<string, TensorEntry>, { canPack }: { readonly canPack: boolean }) {
    this.#tensors = tensors;
    this.#canPack = canPack;
  }

  add(name: string): void {
    this.#names.add(name);
  }

  /** An adapter's updates of all experts of a weight. @param size elements */
  addUpdate(name: string, size: number): void {
    const own = `update of ${name}`;
    this.#names.add(own);
    this.#updates.set(own, UPDATE_COPIES * size);
  }

  /** A matrix as whole numbers with scales, if it goes into products like that. */
  packed(entry: TensorEntry): PackedMatrix | null {
    const packed = this.#canPack ? packedForm(entry) : null;
    if (packed !== null) this.#packed.set(entry.name, packed);
    return packed;
  }

  /** In a session on the CPU. @param others tensors that are held another way */
  bytes(held: HeldWeights, others: ReadonlyMap<string, HeldWeights> = new Map()): number {
    return this.#bytesOf(this.#names, (name) => others.get(name) ?? held);
  }

  /** Bytes, in float32, of the tensors that this graph alone is built from. */
  bytesOf(build: () => unknown): number {
    const all = this.#names;
    this.#names = new Set();
    try {
      build();
      return this.#bytesOf(this.#names, () => 'float32');
    } finally {
      this.#names = new Set([...all, ...this.#names]);
    }
  }

  /** Bytes of all tensors in the file. */
  get storedBytes(): number {
    return [...this.#tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get expanded(): ExpandedTensors[] {
    const found = new Map<string, ExpandedTensors>();
    for (const name of this.#names) {
      const entry = this.#tensors.get(name);
      if (entry === undefined || !isQuantized(entry) || this.#packed.has(name)) continue;
      const { dtype, recipe } = entry;
      const reason = recipe?.packed ? 'its operator takes float32' : 'no product takes its format';
      const key = `${dtype}: ${reason}`;
      found.set(key, { dtype, reason, count: (found.get(key)?.count ?? 0) + 1 });
    }
    return [...found.values()];
  }

  #bytesOf(names: Iterable<string>, heldOf: (name: string) => HeldWeights): number {
    let bytes = 0;
    for (const name of names) {
      const entry = this.#tensors.get(name);
      bytes += entry ? this.#entryBytes(entry, heldOf(name)) : (this.#updates.get(name) ?? 0) * FLOAT_BYTES;
    }
    return bytes;
  }

  /** 16-bit norms are always converted to float32. */
  #entryBytes(entry: TensorEntry, held: HeldWeights): number {
    const packed = this.#packed.get(entry.name);
    if (packed) return packedBytes(entry, packed);
    return entry.size * (held === 'as-stored' && is16BitMatrix(entry) ? 2 : FLOAT_BYTES);
  }
}

function is16BitMatrix({ recipe, dtype, shape }: TensorEntry): boolean {
  return recipe === undefined && (dtype === 'BF16' || dtype === 'F16') && shape.length > 1;
}
