import {
  type Adapter,
  isStackedModule,
  type LoraModule,
  loraFeatures,
  type StackedModule,
} from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { tensorPlace } from '@shadow-gate/checkpoints/naming';
import { isReadable, type TensorEntry, wholeMatrix } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import type { DoraWeight } from '@shadow-gate/spectra/dora';
import type { Decoder, ModuleNaming } from './decoder.ts';
import { findNaming } from './find-naming.ts';
import { HeldTensors, type HeldWeights } from './held-tensors.ts';
import { andMore, BUFFER, IN_BACKBONE, IN_LAYER } from './weight-names.ts';

/** Largest part of a matrix that is expanded at a time, in bytes of float32: attention of an 8B model. */
const MOST_EXPANDED = 2 ** 27;

/**
 * The weights of a decoder by its own names (`layers.0.self_attn.q_proj.weight`), whatever the file calls them, with
 * the modules that an adapter changes or replaces.
 */
export class Weights {
  readonly naming: ModuleNaming;
  /** For the graphs that are built next. */
  held: HeldWeights;
  /** In bytes of float32. */
  readonly mostExpanded: number;
  readonly inMemory: HeldTensors;
  readonly adapter: Pick<Adapter, 'path' | 'config'>;
  /** `layoutType` of the architecture: its family's layout of weights. */
  readonly family: string | null;
  readonly #base: FullCheckpoint;
  readonly #decoder: Decoder;
  readonly #loras: Map<string, LoraModule>;
  readonly #saved: Map<string, TensorEntry>;
  readonly #used = new Set<string>();
  readonly #ratios = new Map<string, readonly number[]>();

  /**
   * @param options.canPack does the device multiply by whole numbers with scales?
   * @throws UserError if the file has no embeddings with a name of this family
   */
  constructor(
    base: FullCheckpoint,
    decoder: Decoder,
    adapter: Adapter | null,
    {
      held = 'float32',
      mostExpanded = MOST_EXPANDED,
      canPack = false,
    }: Partial<Pick<Weights, 'held' | 'mostExpanded'> & { readonly canPack: boolean }> = {},
  ) {
    this.held = held;
    this.inMemory = new HeldTensors(base.tensors, { canPack });
    this.mostExpanded = mostExpanded;
    this.#base = base;
    this.#decoder = decoder;
    this.naming = findNaming(base, decoder);
    this.adapter = adapter ?? { path: '', config: {} };
    this.family = base.architecture.layoutType;
    this.#loras = new Map((adapter?.modules ?? []).map((module) => [this.#ownName(module.target), module]));
    for (const name of [...(adapter?.modules ?? []).map(({ target }) => target), ...(adapter?.saved.keys() ?? [])]) {
      if (IN_BACKBONE.test(name)) throw this.#unprefixed(name);
    }
    this.#tieMlxEmbeddings();
    this.#saved = new Map([...(adapter?.saved ?? [])].map(([name, entry]) => [this.#ownName(name), entry]));
  }

  /**
   * MLX's update of embeddings also changes an output layer that is tied to them, with A and B swapped (mlx-lm,
   * `LoRAEmbedding.as_linear`). PEFT's does not.
   */
  #tieMlxEmbeddings(): void {
    const update = this.#loras.get(this.#embeddings);
    if (!update?.inputFirst || !this.#decoder.head.tied || this.#inFile('lm_head.weight')) return;
    this.#loras.set('lm_head.weight', { ...update, a: update.b, b: update.a, inputFirst: false, transposed: false });
  }

  get #embeddings(): string {
    return `${this.#decoder.embeddings}.weight`;
  }

  #inFile(name: string): TensorEntry | undefined {
    return this.#base.tensors.get(this.#fileName(name));
  }

  has(name: string): boolean {
    return this.shape(name) !== null;
  }

  shape(name: string): readonly number[] | null {
    return (this.#saved.get(name) ?? this.#inFile(name))?.shape ?? null;
  }

  /**
   * @param shape the shape according to the config
   * @throws UserError for a tensor that is missing, has another shape, or is not floating-point
   */
  tensor(name: string, shape: readonly number[]): TensorEntry {
    this.inMemory.add(this.#fileName(name));
    return this.table(name, shape);
  }

  /** As `tensor`, for a table that is read row by row. */
  table(name: string, shape: readonly number[]): TensorEntry {
    const entry = this.#find(name, shape);
    if (!isReadable(entry)) {
      throw new UserError(
        `${this.#base.path}: tensor ${JSON.stringify(entry.name)} is ${entry.dtype}, and only float32, float16 and bfloat16 weights can be run`,
        'give the checkpoint that it was converted from',
      );
    }
    return entry;
  }

  /**
   * A tensor of integers.
   * @throws UserError for a tensor that is missing, has another shape, or has another type
   */
  integers(name: string, shape: readonly number[]): TensorEntry {
    const entry = this.#find(name, shape);
    if (entry.dtype === 'I64' || entry.dtype === 'I32') return entry;
    throw new UserError(
      `${this.#base.path}: tensor ${JSON.stringify(entry.name)} is ${entry.dtype}, and must be integers of 32 or 64 bits`,
      'give the checkpoint that it was converted from',
    );
  }

  #find(name: string, shape: readonly number[]): TensorEntry {
    const saved = this.#saved.get(name);
    const entry = saved ?? this.#inFile(name);
    if (!entry) return this.onMissing(this.#fileName(name), shape);
    if (saved) this.#used.add(name);
    this.#used.add(this.#fileName(name));
    if (entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
      return this.onOtherShape(entry, shape, saved ? this.adapter.path : this.#base.path);
    }
    return entry;
  }

  /** @param name in the file */
  protected onMissing(name: string, _shape: readonly number[]): TensorEntry {
    throw new UserError(
      `${this.#base.path} has no tensor ${JSON.stringify(name)}, which its config.json describes`,
      'restore the checkpoint, whose config.json and weights do not match',
    );
  }

  protected onOtherShape(entry: TensorEntry, shape: readonly number[], path: string): TensorEntry {
    throw new UserError(
      `${path}: tensor ${JSON.stringify(entry.name)} is [${entry.shape.join(', ')}], and [${shape.join(', ')}] in config.json`,
      'restore the checkpoint, whose config.json and weights do not match',
    );
  }

  /** Has this tensor of the file been used? */
  isUsed(name: string): boolean {
    return this.#used.has(name);
  }

  /** Does the adapter change it? */
  isAdapted(name: string): boolean {
    return this.#loras.has(name);
  }

  /** The weights that the adapter changes by DoRA, by name. */
  doraWeights(): ReadonlyArray<readonly [string, DoraWeight]> {
    return [...this.#loras].flatMap(([name, module]) => {
      const tied = name === 'lm_head.weight' && !this.has(name) ? this.#embeddings : name;
      const source = this.#saved.get(tied) ?? this.#inFile(tied);
      const { magnitude } = module;
      // A weight that the model does not have is refused later, by name.
      if (magnitude === null || !source || !isReadable(source)) return [];
      const { input, output } = loraFeatures(module);
      const shape = module.transposed ? [input, output] : [output, input];
      if (source.shape.join() !== shape.join()) throw this.#otherLayer(module, source.shape);
      return [[name, { module, magnitude, base: { source, view: wholeMatrix(source.shape) } }] as const];
    });
  }

  /** Set DoRA's factor for each output of a weight. */
  setRatios(name: string, ratios: readonly number[]): void {
    this.#ratios.set(name, ratios);
  }

  /** DoRA's factor for each output of a weight; null without DoRA. */
  ratios(name: string): readonly number[] | null {
    return this.#ratios.get(name) ?? null;
  }

  /** In memory, such modules are in the base model, by whose name PEFT and mlx-lm find them. */
  #unprefixed(name: string): UserError {
    return new UserError(
      `${this.adapter.path} adapts ${JSON.stringify(name)}, which no library finds in the model: there it is in "${this.#decoder.namings[0]?.backbone.slice(0, -1)}"`,
      'save the adapter again from the whole model, such as one of AutoModelForCausalLM',
    );
  }

  #otherLayer({ target }: LoraModule, shape: readonly number[]): UserError {
    return new UserError(
      `${this.adapter.path}: module ${JSON.stringify(target)} uses DoRA on a layer of another shape than that of the base model, [${shape.join(', ')}]`,
      'give the base model that the adapter was trained on as reference, and check fan_in_fan_out',
    );
  }

  /** The adapter's update of a weight, scale·B·A; null if it has none. */
  lora(name: string): LoraModule | null {
    const module = this.#loras.get(name) ?? null;
    if (module) this.#used.add(name);
    return module;
  }

  /**
   * The adapter's updates of the weights of all experts of a layer, or null.
   * @param module of any expert, in the decoder's names
   * @param leaf of the stack in transformers' memory, which can have another name in files
   * @throws UserError for another number of experts, or layers of other features
   */
  stackedLora(
    module: string,
    leaf: string,
    { count, input, output }: { readonly count: number; readonly input: number; readonly output: number },
  ): StackedModule | null {
    const layer = IN_LAYER.exec(module)?.[0];
    for (const [name, lora] of this.#loras) {
      if (layer === undefined || !isStackedModule(lora) || !name.startsWith(layer) || !name.endsWith(`.${leaf}`))
        continue;
      this.#used.add(name);
      const features = loraFeatures(lora);
      const isOfLayer = [features.input, features.output].sort().join() === [input, output].sort().join();
      if (isOfLayer && lora.experts === count) {
        this.inMemory.addUpdate(name, count * input * output);
        return lora;
      }
      throw new UserError(
        `${this.adapter.path}: ${JSON.stringify(lora.target)} has updates of ${lora.experts} experts, ${features.input} → ${features.output}, and the base model has ${count}, ${input} → ${output}`,
        'give the base model that the adapter was trained on as reference',
      );
    }
    return null;
  }

  /** @throws UserError if A is not [rank, input] and B not [output, rank] */
  expectLora(module: LoraModule, input: number, output: number): void {
    const { target, a, b, rank } = module;
    const features = loraFeatures(module);
    const isOfLayer = features.input === input && features.output === output;
    if (isOfLayer && a.size === rank * input && b.size === rank * output) return;
    throw new UserError(
      `${this.adapter.path}: module ${JSON.stringify(target)} has A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}], and the layer of the base model is ${input} → ${output}`,
      'give the base model that the adapter was trained on as reference',
    );
  }

  /**
   * Check that everything has been used, once the graphs are built.
   * @throws UserError if the adapter has modules that the decoder does not have, or the file has weights of layers that
   *   config.json does not describe
   */
  refuseUnused(): void {
    const unadapted = [...this.#loras.keys(), ...this.#saved.keys()]
      .filter((name) => !this.#used.has(name) && !this.#isSpare(name) && !this.#isOfTower(name))
      .sort();
    if (unadapted[0] !== undefined) {
      throw new UserError(
        `${this.adapter.path} adapts ${JSON.stringify(unadapted[0])}${andMore(unadapted)}, which the language model of ${this.#base.path} does not have`,
        'give the base model that the adapter was trained on as reference',
      );
    }
    const unused = [...this.#base.tensors]
      .filter(([name, { isZero }]) => this.#isLayerWeight(name) && !this.#used.has(name) && isZero !== true)
      .map(([name]) => name)
      .sort();
    if (unused[0] !== undefined) {
      throw new UserError(
        `${this.#base.path} has ${JSON.stringify(unused[0])}${andMore(unused)}, which its config.json does not describe`,
        'restore the checkpoint, whose config.json and weights do not match',
      );
    }
  }

  #isLayerWeight(name: string): boolean {
    const { backbone } = this.naming;
    const layer = name.startsWith(backbone) ? /^(?:layers|h)\.(\d+)\./.exec(name.slice(backbone.length)) : null;
    return (
      layer !== null &&
      !BUFFER.test(name) &&
      !this.#isSpare(name.slice(backbone.length)) &&
      !this.#predictsFurther(Number(layer[1]))
    );
  }

  #isSpare(name: string): boolean {
    return (this.#decoder.spare ?? []).some((spare) => name === spare || name.startsWith(`${spare}.`));
  }

  /** Is it of images or sound, not on the way of text? */
  #isOfTower(name: string): boolean {
    return this.#base.multimodal && tensorPlace(name, { multimodal: true }).component !== 'language';
  }

  /**
   * Is it a layer after the last that predicts a further token (DeepSeek-V3, arXiv 2412.19437, section 2.2)? It has a
   * projection of a hidden state together with an embedding, and the next token does not depend on it.
   */
  #predictsFurther(layer: number): boolean {
    const isLater = layer >= this.#decoder.layers.length;
    return isLater && this.#base.tensors.has(`${this.naming.backbone}layers.${layer}.eh_proj.weight`);
  }

  /** Does storing matrices as they are take less memory? */
  get canStayStored(): boolean {
    return this.inMemory.bytes('as-stored') < this.inMemory.bytes('float32');
  }

  /** Build something as if weights were held this way. */
  heldAs<T>(held: HeldWeights, build: () => T): T {
    const current = this.held;
    this.held = held;
    try {
      return build();
    } finally {
      this.held = current;
    }
  }

  #fileName(name: string): string {
    const file = name.startsWith('lm_head.') ? name.replace('lm_head', this.naming.head) : this.naming.backbone + name;
    const { tensors } = this.#base;
    if (tensors.has(file)) return file;
    if (this.#decoder.head.tied && name === this.#embeddings) return `${this.naming.head}.weight`;
    const others = (this.#decoder.fileNames ?? []).map(({ own, file: other }) => file.replace(own, other));
    return others.find((other) => tensors.has(other)) ?? file;
  }

  /** An adapter names modules as in memory, which can differ from the file, so all namings are tried. */
  #ownName(target: string): string {
    const longestFirst = [...this.#decoder.namings].sort((a, b) => b.backbone.length - a.backbone.length);
    for (const { backbone, head } of longestFirst.filter(({ backbone }) => backbone !== '')) {
      if (target.startsWith(backbone)) return target.slice(backbone.length);
      if (target.startsWith(`${head}.`)) return `lm_head${target.slice(head.length)}`;
    }
    return target;
  }
}
