import type { Adapter, FullCheckpoint } from '../../checkpoint/types.ts';
import type { Graph } from '../../onnx/graph.ts';
import { type Device, float64Device } from '../../onnx/session.ts';
import { machineMemory } from '../../platform/memory.ts';
import { UserError, withErrorCode } from '../../platform/user-error.ts';
import { doraRatios } from '../../spectra/dora.ts';
import { attentionsOf, type Decoder, layersBeforeLate } from '../architectures/decoder.ts';
import { describeDecoder } from '../architectures/describe-decoder.ts';
import { isLong } from '../architectures/rope.ts';
import { type HeldWeights, Weights } from '../architectures/weights.ts';
import type { Calls, Continuation, Engine, OnWork, Prompt, Sequence, SequenceScore } from '../engine.ts';
import { buildBackbone } from '../graph/backbone.ts';
import { buildHead } from '../graph/head.ts';
import type { Precision } from '../precision.ts';
import { BackboneSession } from './backbone-session.ts';
import { BatchBudget, DEFAULT_BATCH_BYTES } from './batch-budget.ts';
import { sequenceBatch } from './batches.ts';
import { type DevicePlan, describePlan, deviceNeeds, inGibibytes, planDeviceMemory } from './device-memory.ts';
import { decodeGreedily } from './greedy.ts';
import { HeadQueue } from './head-queue.ts';
import { HeadSession } from './head-session.ts';
import { groupByContext, groupByPrefix } from './prefix-sharing.ts';
import { runStep } from './run-step.ts';
import { type ScoringStep, scheduleScoring, tokensOf } from './schedule.ts';

export interface OnnxEngineOptions {
  readonly device: Device;
  /** An adapter on the checkpoint. */
  readonly adapter?: Adapter | null;
  /** Memory for the values of one batch, in bytes. */
  readonly batchBytes?: number;
  /** Receives how the memory of a device is divided, where its size is known, before anything is loaded. */
  readonly onPlan?: (plan: DevicePlan) => void;
  /** Called before weights are loaded, and after it: also in the middle of a call. */
  readonly onLoading?: ((isLoading: boolean) => void) | undefined;
  /** As suits the device by default. */
  readonly held?: HeldWeights;
  /** For the tests; see `Weights`. */
  readonly mostExpanded?: number;
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
  readonly #decoder: Decoder;
  readonly #weights: Weights;
  #backbone: BackboneSession | null = null;
  /** Settles when the calls so far are done. */
  #pending: Promise<unknown> = Promise.resolve();
  readonly #head: HeadSession;
  readonly #budget: BatchBudget;
  readonly #reusePrefixes: boolean;
  readonly #onLoading: OnnxEngineOptions['onLoading'];

  private constructor(
    { decoder, weights, graphs }: Described,
    head: HeadSession,
    options: Pick<OnnxEngineOptions, 'device' | 'batchBytes' | 'reusePrefixes' | 'onLoading'>,
  ) {
    this.maxLength = decoder.maxLength;
    this.vocabulary = decoder.vocabulary;
    this.#decoder = decoder;
    this.#weights = weights;
    this.device = options.device;
    const isExpanded = graphs.some(({ weightMemory }) => weightMemory.largestExpansion > 0);
    this.precision = { arithmetic: 'float32', weights: isExpanded ? '16-bit' : 'float32' };
    this.#head = head;
    this.#budget = new BatchBudget(decoder, options.batchBytes, { cacheCopies: options.device.name === 'cpu' ? 1 : 2 });
    this.#reusePrefixes = options.reusePrefixes ?? true;
    this.#onLoading = options.onLoading;
  }

  /** @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights` */
  static async open(checkpoint: FullCheckpoint, options: OnnxEngineOptions): Promise<OnnxEngine> {
    options.onLoading?.(true);
    const described = await withErrorCode('unsupported-model', () => describe(checkpoint, options));
    const { decoder, weights } = described;
    if (options.device.name === 'cpu') refuseTooLarge(checkpoint.path, weights);
    const batchBytes = planBatch(checkpoint.path, described, options);
    const head = await HeadSession.open(decoder, weights, options.device);
    options.onLoading?.(false);
    return new OnnxEngine(described, head, { ...options, batchBytes });
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
      if (this.#backbone?.usesKvCache) return;
      let useKvCache = generate;
      for (const sequences of useKvCache ? [] : score) {
        useKvCache = needsKvCache(this.#schedule(sequences));
        if (useKvCache) break;
      }
      if (useKvCache) await this.#openBackbone({ useKvCache });
    });
  }

  score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]> {
    return this.#inTurn(() => this.#score(sequences, onWork));
  }

  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]> {
    return this.#inTurn(() => this.#generate(prompts, onWork));
  }

  /** Logits of every position: [tokens, vocabulary]. */
  logits(tokens: readonly number[]): Promise<Float32Array> {
    return this.#inTurn(() => this.#logits(tokens));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const backbone = this.#backbone;
      this.#backbone = null;
      try {
        await backbone?.close();
      } finally {
        await this.#head.close();
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
    const queue = new HeadQueue(this.#head, this.#budget.logitRows(this.vocabulary));
    const steps = this.#schedule(sequences);
    const backbone = await this.#openBackbone({ useKvCache: needsKvCache(steps) });
    const all = steps.reduce((sum, step) => sum + tokensOf(step), 0) * (1 + HEAD_SHARE);
    let tokens = 0;
    const onTokens = (count: number) => {
      tokens += count;
      onWork?.(tokens / all);
    };
    for (const step of steps) await runStep(step, { backbone, budget: this.#budget, queue, onTokens });
    return queue.finish(sequences.map(({ continuation }) => continuation.length));
  }

  #schedule(sequences: readonly Sequence[]): ScoringStep[] {
    const groups = groupByContext(sequences, (length) => this.#isLong(length));
    const prefixGroups = this.#reusePrefixes
      ? groupByPrefix(groups)
      : groups.map((group) => ({ prefix: [], groups: [group] }));
    return scheduleScoring(prefixGroups, this.#budget, {
      // Late layers have no other.
      plainAttention: this.device.name !== 'cpu' || layersBeforeLate(this.#decoder) < this.#decoder.layers.length,
      useKvCache: this.#backbone?.usesKvCache ?? false,
    });
  }

  async #generate(prompts: readonly Prompt[], onWork: OnWork | undefined): Promise<Continuation[]> {
    for (const { tokens, maxNewTokens } of prompts) this.#check(tokens, tokens.length + maxNewTokens);
    return decodeGreedily(prompts, {
      backbone: await this.#openBackbone({ useKvCache: true }),
      head: this.#head,
      budget: this.#budget,
      isLong: (length) => this.#isLong(length),
      canBecomeLong: attentionsOf(this.#decoder).some(({ rope }) => rope?.long),
      onWork,
    });
  }

  async #logits(tokens: readonly number[]): Promise<Float32Array> {
    this.#check(tokens, tokens.length);
    const rows = tokens.map((_, i) => i);
    const backbone = await this.#openBackbone({ useKvCache: false });
    const { hidden } = await backbone.run(sequenceBatch(tokens, { rows, isLong: this.#isLong(tokens.length) }));
    return this.#head.logits(hidden);
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

/** Better an error now than a process that the system kills while it loads. */
function refuseTooLarge(path: string, weights: Weights): void {
  const needed = weights.size * FLOAT_BYTES;
  const available = machineMemory();
  if (needed <= available) return;
  const size = `${inGibibytes(needed)} GiB`;
  throw new UserError(
    `${path} takes ${size} in float32, and this machine has ${inGibibytes(available)} GiB`,
    `use a runner with at least ${size}, or a server (--endpoint)`,
    { code: 'not-enough-memory' },
  );
}

/**
 * The memory for the values of one batch: on a device that has less than is wanted, what is left beside the rest.
 * @throws UserError if not even one sequence fits: better than a device that is full after minutes
 */
function planBatch(
  path: string,
  { decoder, graphs }: Pick<Described, 'decoder' | 'graphs'>,
  { device, batchBytes = DEFAULT_BATCH_BYTES, onPlan }: OnnxEngineOptions,
): number {
  if (device.name === 'cpu' || device.memory === undefined) return batchBytes;
  const plan = planDeviceMemory(deviceNeeds(decoder, graphs, batchBytes), device.memory);
  onPlan?.(plan);
  if (plan.fits) return plan.batch;
  const size = `${inGibibytes(plan.total)} GiB`;
  throw new UserError(
    `${path} needs ${size} (${describePlan(plan)}), and the GPU has ${inGibibytes(plan.free)} GiB free`,
    `use device cpu, a GPU with at least ${size} free, or a server (--endpoint)`,
    { code: 'not-enough-memory' },
  );
}

/** Every step but a batch reads keys and values of an earlier one. */
function needsKvCache(steps: readonly ScoringStep[]): boolean {
  return steps.some(({ kind }) => kind !== 'batch');
}
