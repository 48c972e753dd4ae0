import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { type Device, float64Device } from '@shadow-gate/checkpoints/onnx';
import { Semaphore, withErrorCode } from '@shadow-gate/platform';
import { doraRatios } from '@shadow-gate/spectra/dora';
import { attentionMixers, type Decoder, layersBeforeLate, recurrentMixers } from '../architectures/decoder.ts';
import { describeDecoder } from '../architectures/describe-decoder.ts';
import type { ExpandedTensors, HeldWeights } from '../architectures/held-tensors.ts';
import { isLong } from '../architectures/rope.ts';
import { Weights } from '../architectures/weights.ts';
import type { Calls, Continuation, Engine, OnWork, Prompt, Sequence, SequenceScore } from '../engine.ts';
import type { Execution, PassCost } from '../execution.ts';
import { buildBackbone } from '../graph/backbone.ts';
import { buildHead, outputMatrix } from '../graph/head.ts';
import type { ModelPrecision } from '../precision.ts';
import { chooseAttentionKind } from './attention-kind.ts';
import { BatchBudget } from './batch-budget.ts';
import { sequenceBatch } from './batches.ts';
import { decodeInTurn } from './decoding.ts';
import { HeadQueue } from './head-queue.ts';
import { addWork, canStayStored, HeldChoice, type HeldLimits, scoringWork, type Work } from './held-weights.ts';
import { LayeredModel } from './layered/layered-model.ts';
import {
  type ExpectedMemory,
  expectMemory,
  type LayeredSizes,
  type MemoryPlan,
  type PlannedModel,
  type PlanOptions,
  planMemory,
} from './memory-plan.ts';

import { groupByContext, groupByPrefix } from './prefix-sharing.ts';
import { runStep } from './run-step.ts';
import { type ScoringStep, scheduleScoring, stepTokens } from './schedule.ts';
import { WholeModel } from './whole-model.ts';

export interface OnnxEngineOptions extends PlanOptions {
  readonly adapter?: Adapter | null;
  /** Called before and after weights are loaded, also in the middle of a call. */
  readonly onLoading?: ((isLoading: boolean) => void) | undefined;
  /** Called once, when the first weights are in memory. */
  readonly onWeights?: ((weights: WeightsInMemory) => void) | undefined;
  /** By default, as suits the device. */
  readonly held?: HeldWeights;
  /** For tests; see `Weights`. */
  readonly mostExpanded?: number;
  /** For tests: sizes other than the planned ones. */
  readonly sizes?: Partial<LayeredSizes>;
  /** Compute shared prefixes once. Off only to test that it makes no difference. */
  readonly reusePrefixes?: boolean;
  /** Compute short prefixes in trees. Off only to test the cost of long ones. */
  readonly growTrees?: boolean;
}

export interface WeightsInMemory {
  /** In memory at a time. */
  readonly bytes: number;
  /** Bytes of all tensors in the file. */
  readonly storedBytes: number;
  readonly expanded: readonly ExpandedTensors[];
}

/** A checkpoint in onnxruntime. Nothing is converted on disk: graphs are built here, and weights stay in files. */
export class OnnxEngine implements Engine {
  readonly maxLength: number;
  readonly vocabulary: number;
  readonly device: Device;
  readonly execution: Execution;
  readonly #decoder: Decoder;
  readonly #weights: Weights;
  readonly #plan: MemoryPlan;
  /** Null if the model runs layer by layer. */
  readonly #whole: WholeModel | null;
  #layered: LayeredModel | null = null;
  #passCost: PassCost | null = null;
  readonly #held: HeldChoice;
  readonly #isExpanded: boolean;
  /** One call at a time: the next one may need another backbone. */
  readonly #calls = new Semaphore(1);
  readonly #budget: BatchBudget;
  readonly #reusePrefixes: boolean;
  readonly #growTrees: boolean;
  #onWeights: OnnxEngineOptions['onWeights'];

  private constructor(
    { decoder, weights, graphs }: Described,
    plan: MemoryPlan,
    options: Pick<OnnxEngineOptions, 'device' | 'held' | 'reusePrefixes' | 'growTrees' | 'onLoading' | 'onWeights'>,
  ) {
    this.execution = plan.execution;
    this.#plan = plan;
    this.maxLength = decoder.maxLength;
    this.vocabulary = decoder.vocabulary;
    this.#decoder = decoder;
    this.#weights = weights;
    this.device = options.device;
    this.#isExpanded = graphs.some(({ weightMemory }) => weightMemory.largestExpansion > 0);
    this.#held = new HeldChoice(heldLimits({ decoder, weights }, plan, options));
    weights.held = this.#held.current.backbone;
    this.#whole = plan.execution === 'whole' ? new WholeModel({ decoder, weights, ...options }) : null;
    this.#budget = new BatchBudget(decoder, plan.batchBytes, { isOnCpu: options.device.name === 'cpu' });
    this.#onWeights = options.onWeights;
    this.#reusePrefixes = options.reusePrefixes ?? true;
    this.#growTrees = this.#reusePrefixes && (options.growTrees ?? true) && recurrentMixers(decoder).length === 0;
  }

  /** @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights` */
  static async open(checkpoint: FullCheckpoint, options: OnnxEngineOptions): Promise<OnnxEngine> {
    options.onLoading?.(true);
    const described = await withErrorCode('unsupported-model', () => describe(checkpoint, options));
    const plan = planMemory({ path: checkpoint.path, ...described }, options);
    options.onLoading?.(false);
    return new OnnxEngine(described, { ...plan, ...options.sizes }, options);
  }

  /**
   * Bytes that a checkpoint would need on the CPU, estimated without reading its weights.
   * @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights`
   */
  static async expectedMemory(checkpoint: FullCheckpoint, adapter: Adapter | null): Promise<ExpectedMemory> {
    // DoRA's ratios are computed from the weights; without them, the graph is the base model's.
    const known = adapter?.modules.some(({ magnitude }) => magnitude !== null) ? null : adapter;
    const device: Device = { name: 'cpu', reason: 'expected' };
    const described = await withErrorCode('unsupported-model', () => describe(checkpoint, { device, adapter: known }));
    return expectMemory(described);
  }

  /** How the last call held the weights. */
  get precision(): ModelPrecision {
    const { backbone, head } = this.#held.current;
    const isExpanded = this.#isExpanded && [backbone, head].includes('as-stored');
    return { arithmetic: 'float32', weights: isExpanded ? '16-bit' : 'float32' };
  }

  /**
   * The last bits of a result depend on whether the backbone has a KV cache, and on how weights are held: if any call
   * needs a cache, all calls use it, and weights are held to suit all calls together.
   */
  prepare({ score, generate }: Calls): Promise<void> {
    return this.#calls.run(async () => {
      let useKvCache = generate || this.#usesKvCache;
      let work: Work = { passes: 0, tokens: 0 };
      const isOpen = () => !useKvCache || this.#held.isOpen;
      for (const sequences of generate || !isOpen() ? [] : score) {
        const steps = this.#schedule(sequences);
        useKvCache ||= needsKvCache(steps);
        work = addWork(work, scoringWork(steps));
        if (!isOpen()) break;
      }
      const held = generate ? this.#held.forGenerating() : this.#held.announce(work);
      if (!useKvCache) return;
      if (this.#whole !== null) await this.#openWhole(this.#whole, { useKvCache, held });
      else await this.#openLayered({ useKvCache });
    });
  }

  score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]> {
    return this.#calls.run(() => this.#score(sequences, onWork));
  }

  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]> {
    return this.#calls.run(() => this.#generate(prompts, onWork));
  }

  /** Cost of a pass over all weights, for a model that runs layer by layer. */
  passCost(): Promise<PassCost> {
    return this.#calls.run(async () => {
      this.#passCost ??= await (await this.#openLayered({ useKvCache: this.#usesKvCache })).measurePass();
      return this.#passCost;
    });
  }

  /** Logits of every position: [tokens, vocabulary]. */
  logits(tokens: readonly number[]): Promise<Float32Array> {
    return this.#calls.run(() => this.#logits(tokens));
  }

  close(): Promise<void> {
    return this.#calls.run(async () => {
      const layered = this.#layered;
      this.#layered = null;
      await Promise.all([this.#whole?.close(), layered?.close()]);
    });
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
    const useKvCache = needsKvCache(steps);
    if (this.#whole === null) return (await this.#openLayered({ useKvCache })).score(steps, lengths, onWork);
    const { backbone, head } = await this.#openWhole(this.#whole, {
      useKvCache,
      held: this.#held.forScores(scoringWork(steps)),
    });
    const queue = new HeadQueue(head, this.#budget.logitRows(head.logitsAtOnce));
    const all = steps.reduce((sum, step) => sum + stepTokens(step), 0) * (1 + HEAD_SHARE);
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
      // Late layers have no other attention.
      plainAttention: this.device.name !== 'cpu' || layersBeforeLate(this.#decoder) < this.#decoder.layers.length,
      useKvCache: this.#usesKvCache,
      growTrees: this.#growTrees,
    });
  }

  async #generate(prompts: readonly Prompt[], onWork: OnWork | undefined): Promise<Continuation[]> {
    for (const { tokens, maxNewTokens } of prompts) this.#check(tokens, tokens.length + maxNewTokens);
    const setup = {
      isLong: (length: number) => this.#isLong(length),
      canBecomeLong: attentionMixers(this.#decoder).some(({ rope }) => rope?.long),
      onWork,
    };
    if (this.#whole === null) return (await this.#openLayered({ useKvCache: true })).generate(prompts, setup);
    const sessions = await this.#openWhole(this.#whole, {
      useKvCache: true,
      held: this.#held.forGenerating(),
    });
    return decodeInTurn(prompts, { ...setup, ...sessions, budget: this.#budget });
  }

  async #logits(tokens: readonly number[]): Promise<Float32Array> {
    this.#check(tokens, tokens.length);
    const rows = tokens.map((_, i) => i);
    const batch = sequenceBatch(tokens, { rows, isLong: this.#isLong(tokens.length) });
    if (this.#whole === null) return (await this.#openLayered({ useKvCache: false })).logits(batch);
    const held = this.#held.forScores({ passes: 1, tokens: tokens.length });
    const { backbone, head } = await this.#openWhole(this.#whole, { useKvCache: false, held });
    const { hidden } = await backbone.run(batch);
    return head.logits(hidden);
  }

  get #usesKvCache(): boolean {
    return this.#whole?.usesKvCache ?? this.#layered?.usesKvCache ?? false;
  }

  async #openWhole(model: WholeModel, options: Parameters<WholeModel['open']>[0]) {
    const sessions = await model.open(options);
    const { backbone, head } = options.held;
    const matrix = outputMatrix(this.#decoder, this.#weights).name;
    this.#tellWeights(this.#weights.inMemory.bytes(backbone, new Map([[matrix, head]])));
    return sessions;
  }

  #tellWeights(bytes: number): void {
    const { storedBytes, expanded } = this.#weights.inMemory;
    this.#onWeights?.({ bytes, storedBytes, expanded });
    this.#onWeights = undefined;
  }

  /** Replaced at the first use that needs a KV cache, as the backbone is: nothing stays in memory between calls. */
  async #openLayered({ useKvCache }: { readonly useKvCache: boolean }): Promise<LayeredModel> {
    const known = this.#layered;
    if (known && (known.usesKvCache || !useKvCache)) return known;
    if (this.#plan.execution === 'whole') throw new Error('this model is run as a whole');
    await known?.close();
    const kind = await chooseAttentionKind(this.#decoder, this.device, { useKvCache });
    const model = { decoder: this.#decoder, weights: this.#weights, device: this.device, kind, useKvCache };
    this.#layered = new LayeredModel(model, { ...this.#plan, budget: this.#budget });
    this.#tellWeights(this.#plan.weightBytes);
    return this.#layered;
  }

  #isLong(length: number): boolean {
    return attentionMixers(this.#decoder).some(({ rope }) => rope !== null && isLong(rope, length));
  }

  #check(tokens: readonly number[], length: number): void {
    const foreign = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= this.vocabulary);
    if (foreign !== undefined) throw new Error(`token ${foreign} is not in the vocabulary of ${this.vocabulary}`);
    if (length > this.maxLength) throw new Error(`${length} tokens are more than the model's ${this.maxLength}`);
  }
}

/** Share of the work left for the output matrix after the last token: little, since rows go through it as they come. */
const HEAD_SHARE = 0.02;

function heldLimits(
  { decoder, weights }: Pick<Described, 'decoder' | 'weights'>,
  plan: MemoryPlan,
  { device, held }: Pick<OnnxEngineOptions, 'device' | 'held'>,
): HeldLimits {
  const savesMemory = plan.execution !== 'whole' || plan.savesMemory;
  const stays = { backboneStays: canStayStored(decoder, weights), savesMemory };
  if (held !== undefined) return { all: held, ...stays };
  if (device.name === 'cuda') return { all: 'as-stored', ...stays };
  // WebGPU converts no bfloat16.
  if (device.name === 'webgpu' || plan.execution !== 'whole' || !weights.canStayStored) {
    return { all: 'float32', ...stays };
  }
  if (plan.layersHeld !== 'float32') return { all: plan.layersHeld, ...stays };
  return { ...stays, all: null, backboneStays: false };
}

type Described = Omit<PlannedModel, 'path'>;

async function describe(
  checkpoint: FullCheckpoint,
  { adapter = null, device, held, mostExpanded }: OnnxEngineOptions,
): Promise<Described> {
  const decoder = describeDecoder(checkpoint);
  const weights = new Weights(checkpoint, decoder, adapter, {
    held: held ?? (device.name === 'webgpu' ? 'float32' : 'as-stored'),
    canPack: device.name === 'cpu' && held !== 'float32',
    ...(mostExpanded === undefined ? {} : { mostExpanded }),
  });
  for (const [name, dora] of weights.doraWeights()) {
    weights.setRatios(name, [...(await doraRatios(dora, float64Device(device)))]);
  }
  // The graphs look up every weight, so that a checkpoint that cannot run is refused at once.
  const graphs = [
    buildBackbone(decoder, weights, { attention: 'concat', fuseExperts: false, useKvCache: false }),
    buildHead(decoder, weights),
  ];
  weights.refuseUnused();
  return { decoder, weights, graphs };
}

/** Every step but a batch reads keys and values of an earlier one. */
function needsKvCache(steps: readonly ScoringStep[]): boolean {
  return steps.some(({ kind }) => kind !== 'batch');
}
