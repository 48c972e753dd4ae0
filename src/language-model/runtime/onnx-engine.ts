import type { Adapter, FullCheckpoint } from '../../checkpoint/types.ts';
import type { Graph } from '../../onnx/graph.ts';
import { type Device, float64Device } from '../../onnx/session.ts';
import { withErrorCode } from '../../platform/user-error.ts';
import { doraRatios } from '../../spectra/dora.ts';
import { attentionsOf, type Decoder, layersBeforeLate } from '../architectures/decoder.ts';
import { describeDecoder } from '../architectures/describe-decoder.ts';
import { isLong } from '../architectures/rope.ts';
import { type HeldWeights, Weights } from '../architectures/weights.ts';
import type { Calls, Continuation, Engine, OnWork, Prompt, Sequence, SequenceScore } from '../engine.ts';
import type { Execution, PassCost } from '../execution.ts';
import { buildBackbone } from '../graph/backbone.ts';
import { buildHead } from '../graph/head.ts';
import type { Precision } from '../precision.ts';
import { chooseAttentionKind } from './attention-kind.ts';
import { BackboneSession } from './backbone-session.ts';
import { BatchBudget, DEFAULT_BATCH_BYTES } from './batch-budget.ts';
import { sequenceBatch } from './batches.ts';
import { decodeGreedily } from './greedy.ts';
import { HeadQueue } from './head-queue.ts';
import { HeadSession } from './head-session.ts';
import { LayeredModel } from './layered/layered-model.ts';
import { type LayeredSizes, type MemoryPlan, type PlanOptions, planMemory } from './memory-plan.ts';
import { groupByContext, groupByPrefix } from './prefix-sharing.ts';
import { runStep } from './run-step.ts';
import { type ScoringStep, scheduleScoring, tokensOf } from './schedule.ts';

export interface OnnxEngineOptions extends PlanOptions {
  /** An adapter on the checkpoint. */
  readonly adapter?: Adapter | null;
  /** Called before weights are loaded, and after it: also in the middle of a call. */
  readonly onLoading?: ((isLoading: boolean) => void) | undefined;
  /** As suits the device by default. */
  readonly held?: HeldWeights;
  /** For the tests; see `Weights`. */
  readonly mostExpanded?: number;
  /** For the tests: other sizes than those that are planned. */
  readonly sizes?: Partial<LayeredSizes>;
  /** Compute shared prefixes once. Off only to test that it makes no difference. */
  readonly reusePrefixes?: boolean;
}

/**
 * A checkpoint in onnxruntime. Nothing is converted on disk: the graphs are built here, and their weights stay in the
 * checkpoint's files.
 */
export class OnnxEngine implements Engine {
  readonly maxLength: number;
  readonly vocabulary: number;
  readonly device: Device;
  readonly precision: Precision;
  readonly execution: Execution;
  readonly #decoder: Decoder;
  readonly #weights: Weights;
  readonly #plan: MemoryPlan;
  #backbone: BackboneSession | null = null;
  #layered: LayeredModel | null = null;
  #passCost: PassCost | null = null;
  /** Settles when the calls so far are done. */
  #pending: Promise<unknown> = Promise.resolve();
  /** Null layer by layer. */
  readonly #head: HeadSession | null;
  readonly #budget: BatchBudget;
  readonly #reusePrefixes: boolean;
  readonly #onLoading: OnnxEngineOptions['onLoading'];

  private constructor(
    { decoder, weights, graphs }: Described,
    { plan, head }: { readonly plan: MemoryPlan; readonly head: HeadSession | null },
    options: Pick<OnnxEngineOptions, 'device' | 'reusePrefixes' | 'onLoading'>,
  ) {
    this.execution = plan.execution;
    this.#plan = plan;
    this.maxLength = decoder.maxLength;
    this.vocabulary = decoder.vocabulary;
    this.#decoder = decoder;
    this.#weights = weights;
    this.device = options.device;
    const isExpanded = graphs.some(({ weightMemory }) => weightMemory.largestExpansion > 0);
    this.precision = { arithmetic: 'float32', weights: isExpanded ? '16-bit' : 'float32' };
    this.#head = head;
    this.#budget = new BatchBudget(decoder, plan.batchBytes, { cacheCopies: options.device.name === 'cpu' ? 1 : 2 });
    this.#reusePrefixes = options.reusePrefixes ?? true;
    this.#onLoading = options.onLoading;
  }

  /** @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights` */
  static async open(checkpoint: FullCheckpoint, options: OnnxEngineOptions): Promise<OnnxEngine> {
    options.onLoading?.(true);
    const described = await withErrorCode('unsupported-model', () => describe(checkpoint, options));
    const { decoder, weights } = described;
    const plan = planMemory({ path: checkpoint.path, ...described }, options);
    // Layer by layer, the output matrix comes last.
    const head = plan.execution === 'whole' ? await HeadSession.open(decoder, weights, options.device) : null;
    options.onLoading?.(false);
    return new OnnxEngine(described, { plan: { ...plan, ...options.sizes }, head }, options);
  }

  /**
   * What a checkpoint would take on the CPU, in bytes, as far as that can be said without reading its weights.
   * @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights`
   */
  static async expectedMemory(checkpoint: FullCheckpoint, adapter: Adapter | null): Promise<number> {
    const hasMagnitudes = adapter?.modules.some(({ magnitude }) => magnitude !== null) ?? false;
    // The ratios of DoRA are computed from the weights: without it, the graph is that of the base model.
    const known = hasMagnitudes ? null : adapter;
    const device: Device = { name: 'cpu', reason: 'expected' };
    const { weights } = await withErrorCode('unsupported-model', () =>
      describe(checkpoint, { device, adapter: known }),
    );
    return weights.size * FLOAT_BYTES + DEFAULT_BATCH_BYTES;
  }

  /**
   * The last bits of a result depend on whether the backbone has a KV cache: if any call needs one, all calls use it.
   */
  prepare({ score, generate }: Calls): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#usesKvCache) return;
      let useKvCache = generate;
      for (const sequences of useKvCache ? [] : score) {
        useKvCache = needsKvCache(this.#schedule(sequences));
        if (useKvCache) break;
      }
      if (!useKvCache) return;
      if (this.execution === 'whole') await this.#openBackbone({ useKvCache });
      else await this.#openLayered({ useKvCache });
    });
  }

  score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]> {
    return this.#inTurn(() => this.#score(sequences, onWork));
  }

  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]> {
    return this.#inTurn(() => this.#generate(prompts, onWork));
  }

  /** What a pass over all weights takes, for a model that is run layer by layer. */
  passCost(): Promise<PassCost> {
    return this.#inTurn(async () => {
      this.#passCost ??= await (await this.#openLayered({ useKvCache: this.#usesKvCache })).measurePass();
      return this.#passCost;
    });
  }

  /** Logits of every position: [tokens, vocabulary]. */
  logits(tokens: readonly number[]): Promise<Float32Array> {
    return this.#inTurn(() => this.#logits(tokens));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const opened = [this.#backbone, this.#layered];
      this.#backbone = null;
      this.#layered = null;
      try {
        await Promise.all(opened.map((session) => session?.close()));
      } finally {
        await this.#head?.close();
      }
    });
  }

  /** One call after the other: the next one may need another backbone. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#pending.then(work);
    this.#pending = result.catch(() => {});
    return result;
  }

  async #score(sequences: readonly Sequence[], onWork: OnWork | undefined): Promise<SequenceScore[]> {
    for (const { context, continuation } of sequences) {
      if (context.length === 0 || continuation.length === 0) {
        throw new Error('a sequence needs a context and a continuation');
      }
      this.#check([...context, ...continuation], context.length + continuation.length - 1);
    }
    const steps = this.#schedule(sequences);
    const lengths = sequences.map(({ continuation }) => continuation.length);
    if (this.#head === null) {
      const layered = await this.#openLayered({ useKvCache: needsKvCache(steps) });
      return layered.score(steps, lengths, onWork);
    }
    const queue = new HeadQueue(this.#head, this.#budget.logitRows(this.vocabulary));
    const backbone = await this.#openBackbone({ useKvCache: needsKvCache(steps) });
    const all = steps.reduce((sum, step) => sum + tokensOf(step), 0) * (1 + HEAD_SHARE);
    let tokens = 0;
    const onTokens = (count: number) => {
      tokens += count;
      onWork?.(tokens / all);
    };
    for (const step of steps) await runStep(step, { backbone, budget: this.#budget, queue, onTokens });
    return queue.finish(lengths);
  }

  #schedule(sequences: readonly Sequence[]): ScoringStep[] {
    const groups = groupByContext(sequences, (length) => this.#isLong(length));
    const prefixGroups = this.#reusePrefixes
      ? groupByPrefix(groups)
      : groups.map((group) => ({ prefix: [], groups: [group] }));
    return scheduleScoring(prefixGroups, this.#budget, {
      // Late layers have no other.
      plainAttention: this.device.name !== 'cpu' || layersBeforeLate(this.#decoder) < this.#decoder.layers.length,
      useKvCache: this.#usesKvCache,
    });
  }

  async #generate(prompts: readonly Prompt[], onWork: OnWork | undefined): Promise<Continuation[]> {
    for (const { tokens, maxNewTokens } of prompts) this.#check(tokens, tokens.length + maxNewTokens);
    const setup = {
      isLong: (length: number) => this.#isLong(length),
      canBecomeLong: attentionsOf(this.#decoder).some(({ rope }) => rope?.long),
      onWork,
    };
    if (this.#head === null) return (await this.#openLayered({ useKvCache: true })).generate(prompts, setup);
    const backbone = await this.#openBackbone({ useKvCache: true });
    return decodeGreedily(prompts, { ...setup, backbone, head: this.#head, budget: this.#budget });
  }

  async #logits(tokens: readonly number[]): Promise<Float32Array> {
    this.#check(tokens, tokens.length);
    const rows = tokens.map((_, i) => i);
    const batch = sequenceBatch(tokens, { rows, isLong: this.#isLong(tokens.length) });
    if (this.#head === null) return (await this.#openLayered({ useKvCache: false })).logits(batch);
    const backbone = await this.#openBackbone({ useKvCache: false });
    const { hidden } = await backbone.run(batch);
    return this.#head.logits(hidden);
  }

  get #usesKvCache(): boolean {
    return this.#backbone?.usesKvCache ?? this.#layered?.usesKvCache ?? false;
  }

  /** Replaced at the first use that needs a KV cache, as the backbone is: nothing of it stays in memory between calls. */
  async #openLayered({ useKvCache }: { readonly useKvCache: boolean }): Promise<LayeredModel> {
    const known = this.#layered;
    if (known && (known.usesKvCache || !useKvCache)) return known;
    if (this.#plan.execution === 'whole') throw new Error('this model is run as a whole');
    await known?.close();
    const kind = await chooseAttentionKind(this.#decoder, this.device, { useKvCache });
    const model = { decoder: this.#decoder, weights: this.#weights, device: this.device, kind, useKvCache };
    this.#layered = new LayeredModel(model, { ...this.#plan, budget: this.#budget });
    return this.#layered;
  }

  /**
   * The backbone is opened at its first use, and replaced at the first use that needs a KV cache, since that graph
   * takes more memory. Two at the same time would need memory for the weights twice.
   */
  async #openBackbone({ useKvCache }: { readonly useKvCache: boolean }): Promise<BackboneSession> {
    const known = this.#backbone;
    if (known && (known.usesKvCache || !useKvCache)) return known;
    this.#backbone = null;
    await known?.close();
    this.#onLoading?.(true);
    this.#backbone = await BackboneSession.open(this.#decoder, this.#weights, this.device, { useKvCache });
    this.#onLoading?.(false);
    return this.#backbone;
  }

  #isLong(length: number): boolean {
    return attentionsOf(this.#decoder).some(({ rope }) => rope !== null && isLong(rope, length));
  }

  #check(tokens: readonly number[], length: number): void {
    const foreign = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= this.vocabulary);
    if (foreign !== undefined) throw new Error(`token ${foreign} is not in the vocabulary of ${this.vocabulary}`);
    if (length > this.maxLength) throw new Error(`${length} tokens are more than the model's ${this.maxLength}`);
  }
}

/**
 * What the output matrix still has to do when the last token went through the layers, as a share of that: little in a long call,
 * whose rows go through it as they come.
 */
const HEAD_SHARE = 0.02;

/** On the CPU packed float32 weights are faster; WebGPU converts no bfloat16. */
function heldOn({ name }: Device): HeldWeights {
  return name === 'cuda' ? 'as-stored' : 'float32';
}

interface Described {
  readonly decoder: Decoder;
  readonly weights: Weights;
  readonly graphs: readonly Graph[];
}

async function describe(
  checkpoint: FullCheckpoint,
  { adapter = null, device, held = heldOn(device), mostExpanded }: OnnxEngineOptions,
): Promise<Described> {
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, adapter, {
    held,
    ...(mostExpanded === undefined ? {} : { mostExpanded }),
  });
  for (const [name, dora] of weights.doraWeights()) {
    weights.setRatios(name, [...(await doraRatios(dora, float64Device(device)))]);
  }
  // The graphs look up every weight, so that a checkpoint that cannot run is refused at once.
  const backbone = buildBackbone(decoder, weights, { attention: 'concat', fuseExperts: false, useKvCache: false });
  const head = buildHead(decoder, weights);
  weights.refuseUnused();
  return { decoder, weights, graphs: [backbone, head] };
}

const FLOAT_BYTES = 4;

/** Every step but a batch reads keys and values of an earlier one. */
function needsKvCache(steps: readonly ScoringStep[]): boolean {
  return steps.some(({ kind }) => kind !== 'batch');
}
