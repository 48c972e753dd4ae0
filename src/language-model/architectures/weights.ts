import type { Adapter, FullCheckpoint, LoraModule, TensorEntry } from '../../checkpoint/types.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Decoder, Place } from './decoder.ts';

/**
 * The weights of a decoder by its own names (`layers.0.self_attn.q_proj.weight`), wherever the file keeps them, with the
 * modules that an adapter changes or replaces.
 */
export class Weights {
  readonly place: Place;
  readonly #path: string;
  readonly #tensors: ReadonlyMap<string, TensorEntry>;
  readonly #places: readonly Place[];
  readonly #loras: Map<string, LoraModule>;
  readonly #saved: Map<string, TensorEntry>;
  readonly #used = new Set<string>();
  readonly #adapterPath: string;

  /** @throws UserError if the file has no embeddings where this family keeps them */
  constructor(base: FullCheckpoint, decoder: Decoder, adapter: Adapter | null) {
    this.#path = base.path;
    this.#tensors = base.tensors;
    this.#places = decoder.places;
    this.place = findPlace(base, decoder);
    this.#adapterPath = adapter?.path ?? '';
    this.#loras = new Map((adapter?.modules ?? []).map((module) => [this.#ownName(module.target), module]));
    this.#saved = new Map([...(adapter?.saved ?? [])].map(([name, entry]) => [this.#ownName(name), entry]));
  }

  has(name: string): boolean {
    return this.#saved.has(name) || this.#tensors.has(this.#fileName(name));
  }

  /**
   * @param shape what the config says; an other one is an error
   * @throws UserError for a tensor that is missing, of another shape or not floating-point
   */
  tensor(name: string, shape: readonly number[]): TensorEntry {
    const saved = this.#saved.get(name);
    const entry = saved ?? this.#tensors.get(this.#fileName(name));
    if (!entry) {
      throw new UserError(
        `${this.#path} has no tensor ${JSON.stringify(this.#fileName(name))}, which its config.json asks for`,
        'restore the checkpoint: config.json and weights do not belong together',
      );
    }
    if (saved) this.#used.add(name);
    this.#used.add(this.#fileName(name));
    if (entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
      throw new UserError(
        `${saved ? this.#adapterPath : this.#path}: tensor ${JSON.stringify(entry.name)} is [${entry.shape.join(', ')}], and config.json says [${shape.join(', ')}]`,
        'restore the checkpoint: config.json and weights do not belong together',
      );
    }
    if (!['F32', 'F16', 'BF16', 'F64'].includes(entry.dtype)) {
      throw new UserError(
        `${this.#path}: tensor ${JSON.stringify(entry.name)} is ${entry.dtype}, and only float32, float16 and bfloat16 weights are run`,
        'give the checkpoint that it was made from',
      );
    }
    return entry;
  }

  /** Does the adapter change it? */
  isAdapted(name: string): boolean {
    return this.#loras.has(name);
  }

  /** What the adapter adds to a weight: scale·B·A, or null. */
  lora(name: string): LoraModule | null {
    const module = this.#loras.get(name) ?? null;
    if (module) this.#used.add(name);
    return module;
  }

  /** @throws UserError if A is not [rank, input] and B not [output, rank] */
  expectLora({ target, a, b, rank }: LoraModule, input: number, output: number): void {
    if (a.size === rank * input && a.shape[1] === input && b.size === rank * output && b.shape[0] === output) return;
    throw new UserError(
      `${this.#adapterPath}: module ${JSON.stringify(target)} has A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}], and the base is ${input} → ${output}`,
      'give the base model that the adapter was trained on as reference',
    );
  }

  /**
   * Once everything was asked for.
   * @throws UserError if the adapter has modules that the decoder never asked for, or the file has weights of its layers
   *   that nobody did: then config.json describes another model
   */
  refuseUnused(): void {
    const unadapted = [...this.#loras.keys(), ...this.#saved.keys()].filter((name) => !this.#used.has(name)).sort();
    if (unadapted[0] !== undefined) {
      throw new UserError(
        `${this.#adapterPath} adapts ${JSON.stringify(unadapted[0])}${andMore(unadapted)}, which the language model of ${this.#path} does not have`,
        'give the base model that the adapter was trained on as reference',
      );
    }
    const unused = [...this.#tensors.keys()]
      .filter((name) => this.#isLayerWeight(name) && !this.#used.has(name))
      .sort();
    if (unused[0] !== undefined) {
      throw new UserError(
        `${this.#path} has ${JSON.stringify(unused[0])}${andMore(unused)}, which its config.json does not ask for`,
        'restore the checkpoint: config.json and weights do not belong together',
      );
    }
  }

  #isLayerWeight(name: string): boolean {
    const { trunk } = this.place;
    return name.startsWith(trunk) && /^(layers|h)\.\d+\./.test(name.slice(trunk.length)) && !BUFFER.test(name);
  }

  /** Elements of all that was asked for. */
  get size(): number {
    let size = 0;
    for (const name of this.#used) size += this.#tensors.get(name)?.size ?? 0;
    return size;
  }

  /** The name in the base file. */
  #fileName(name: string): string {
    return name.startsWith('lm_head.') ? name.replace('lm_head', this.place.head) : this.place.trunk + name;
  }

  /** An adapter names modules as they are in memory, which may differ from the file: whichever place it means. */
  #ownName(target: string): string {
    const longestFirst = [...this.#places].sort((a, b) => b.trunk.length - a.trunk.length);
    for (const { trunk, head } of longestFirst.filter(({ trunk }) => trunk !== '')) {
      if (target.startsWith(trunk)) return target.slice(trunk.length);
      if (target.startsWith(`${head}.`)) return `lm_head${target.slice(head.length)}`;
    }
    return target;
  }
}

/** Tables and masks that older versions of transformers saved with the weights. */
const BUFFER = /\.(rotary_emb\.\w+|attn\.(masked_)?bias|attention\.(masked_)?bias)$/;

function andMore(names: readonly string[]): string {
  return names.length > 1 ? ` and ${names.length - 1} more` : '';
}

/** The first place where the embeddings are; of those, one with an output layer before one without. */
function findPlace({ tensors, path }: FullCheckpoint, decoder: Decoder): Place {
  const isThere = (name: string) => tensors.has(name);
  const found = decoder.places.filter(({ trunk }) => isThere(`${trunk}${decoder.embeddings}.weight`));
  const place = found.find(({ head }) => isThere(`${head}.weight`)) ?? found[0];
  if (place) return place;
  const usual = `${decoder.places[0]?.trunk}${decoder.embeddings}.weight`;
  throw new UserError(
    `${path} has no embeddings (${usual}) where its config.json says`,
    'restore the checkpoint: config.json and weights do not belong together',
  );
}
