import type { Adapter, FullCheckpoint } from '../../checkpoint/types.ts';
import type { Device } from '../../onnx/session.ts';
import { machineMemory } from '../../platform/memory.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Decoder } from '../architectures/decoder.ts';
import { describeDecoder } from '../architectures/describe-decoder.ts';
import { isLong } from '../architectures/rope.ts';
import { Weights } from '../architectures/weights.ts';
import type { Calls, Continuation, Engine, Prompt, Sequence, SequenceScore } from '../engine.ts';
import { buildTrunk } from '../graph/backbone.ts';
import { buildHead } from '../graph/head.ts';
import { forget, type Pass, TrunkRunner } from './backbone-session.ts';
import { BatchBudget } from './batch-budget.ts';
import { batchPass, chainPass, treePass } from './batches.ts';
import { decodeGreedily } from './greedy.ts';
import { HeadQueue, type RowQuestion } from './head-queue.ts';
import { HeadRunner } from './head-session.ts';
import { prefill } from './prefill.ts';
import { clusterByPrefix, groupByContext, type Planted, plant } from './prefix-sharing.ts';
import { planScoring, type Step } from './schedule.ts';

export interface OnnxEngineOptions {
  readonly device: Device;
  /** An adapter on the checkpoint. */
  readonly adapter?: Adapter | null;
  /** Memory for the values of one pass, in bytes. */
  readonly batchBytes?: number;
  /** Compute shared beginnings once. Off only to check that it makes no difference. */
  readonly reusePrefixes?: boolean;
}

/** A checkpoint that answers, in onnxruntime. Nothing is converted: the graph is built here and its weights stay in their files. */
export class OnnxEngine implements Engine {
  readonly maxLength: number;
  readonly vocabulary: number;
  readonly #decoder: Decoder;
  readonly #weights: Weights;
  readonly #device: Device;
  #trunk: TrunkRunner | null = null;
  #last: Promise<unknown> = Promise.resolve();
  readonly #head: HeadRunner;
  readonly #budget: BatchBudget;
  readonly #reuse: boolean;

  private constructor(decoder: Decoder, weights: Weights, head: HeadRunner, options: OnnxEngineOptions) {
    this.maxLength = decoder.maxLength;
    this.vocabulary = decoder.vocabulary;
    this.#decoder = decoder;
    this.#weights = weights;
    this.#device = options.device;
    this.#head = head;
    this.#budget = new BatchBudget(decoder, options.batchBytes);
    this.#reuse = options.reusePrefixes ?? true;
  }

  /** @throws UserError for a checkpoint that cannot be run: see `describeDecoder` and `Weights` */
  static async open(checkpoint: FullCheckpoint, options: OnnxEngineOptions): Promise<OnnxEngine> {
    const decoder = describeDecoder(checkpoint);
    const weights = new Weights(checkpoint, decoder, options.adapter ?? null);
    // Every weight is asked for here, so that a checkpoint that cannot run is refused at once.
    buildTrunk(decoder, weights, { attention: 'concat', experts: 'each', keep: false });
    buildHead(decoder, weights);
    weights.refuseUnused();
    refuseTooLarge(checkpoint.path, weights, options.device);
    const head = await HeadRunner.open(decoder, weights, options.device);
    return new OnnxEngine(decoder, weights, head, options);
  }

  /** Passes differ in their last bits where keys and values are kept: if any call wants that, all get it. */
  prepare({ score, generate }: Calls): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#trunk?.keeps) return;
      let keep = generate;
      for (const sequences of keep ? [] : score) {
        keep = needsPast(this.#plan(sequences));
        if (keep) break;
      }
      if (keep) await this.#open(true);
    });
  }

  score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    return this.#inTurn(() => this.#score(sequences));
  }

  generate(prompts: readonly Prompt[]): Promise<Continuation[]> {
    return this.#inTurn(() => this.#generate(prompts));
  }

  /** Logits of every position: [tokens, vocabulary]. */
  logits(tokens: readonly number[]): Promise<Float32Array> {
    return this.#inTurn(() => this.#logits(tokens));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const trunk = this.#trunk;
      this.#trunk = null;
      try {
        await trunk?.close();
      } finally {
        await this.#head.close();
      }
    });
  }

  /** One call after the other: the next one may want another trunk. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    for (const { context, continuation } of sequences) {
      if (context.length === 0 || continuation.length === 0)
        throw new Error('nothing to score, or nothing to score it by');
      this.#check([...context, ...continuation], context.length + continuation.length - 1);
    }
    const answers = new HeadQueue(this.#head, this.#budget.logitRows(this.vocabulary));
    const steps = this.#plan(sequences);
    const trunk = await this.#open(needsPast(steps));
    for (const step of steps) await this.#run(trunk, step, answers);
    return answers.finish(sequences.map(({ continuation }) => continuation.length));
  }

  #plan(sequences: readonly Sequence[]): Step[] {
    const groups = groupByContext(sequences, (length) => this.#isLong(length));
    const clusters = this.#reuse ? clusterByPrefix(groups) : groups.map((group) => ({ prefix: [], groups: [group] }));
    return planScoring(clusters, this.#budget, {
      plain: this.#device.name !== 'cpu',
      keeps: this.#trunk?.keeps ?? false,
    });
  }

  async #generate(prompts: readonly Prompt[]): Promise<Continuation[]> {
    for (const { tokens, maxNewTokens } of prompts) this.#check(tokens, tokens.length + maxNewTokens);
    return decodeGreedily(prompts, {
      trunk: await this.#open(true),
      head: this.#head,
      budget: this.#budget,
      isLong: (length) => this.#isLong(length),
      canBeLong: this.#decoder.layers.some(({ attention }) => attention.rope?.long),
    });
  }

  async #logits(tokens: readonly number[]): Promise<Float32Array> {
    this.#check(tokens, tokens.length);
    const rows = tokens.map((_, i) => i);
    const trunk = await this.#open(false);
    const { hidden } = await trunk.run(chainPass(tokens, rows, this.#isLong(tokens.length)));
    return this.#head.logits(hidden);
  }

  /**
   * The trunk. The first use opens it, and the first that must keep keys and values opens it anew, since that kind takes
   * more memory: two would hold the weights twice.
   */
  async #open(keep: boolean): Promise<TrunkRunner> {
    const known = this.#trunk;
    if (known && (known.keeps || !keep)) return known;
    this.#trunk = null;
    await known?.close();
    this.#trunk = await TrunkRunner.open(this.#decoder, this.#weights, this.#device, keep);
    return this.#trunk;
  }

  async #run(trunk: TrunkRunner, step: Step, answers: HeadQueue): Promise<void> {
    const { isLong } = step;
    if (step.kind === 'batch') {
      const planted = step.trees.map((groups) => plant(groups, 0));
      const wanted = planted.map(wantedSlots);
      const trees = planted.map(({ tree }) => tree);
      await this.#ask(trunk, batchPass(trees, wanted, isLong), planted, wanted, answers);
      return;
    }
    if (step.kind === 'chain') {
      await this.#runChain(trunk, plant([step.group], 0), isLong, answers);
      return;
    }
    const { past } = await prefill(trunk, this.#budget, [step.prefix], { isLong });
    try {
      for (const groups of step.trees) {
        const planted = plant(groups, step.prefix.length);
        const wanted = wantedSlots(planted);
        await this.#ask(trunk, treePass(planted.tree, wanted, past, isLong), [planted], [wanted], answers);
      }
    } finally {
      forget(past);
    }
  }

  /** A sequence that does not fit into one pass. */
  async #runChain(trunk: TrunkRunner, chain: Planted, isLong: boolean, answers: HeadQueue): Promise<void> {
    const wanted = wantedSlots(chain);
    let row = 0;
    const { past } = await prefill(trunk, this.#budget, [chain.tree.tokens], {
      isLong,
      rows: (start, end) => wanted.filter((slot) => slot >= start && slot < end).map((slot) => slot - start),
      onHidden: async (hidden, rows) => {
        const slots = wanted.slice(row, row + rows);
        row += rows;
        await answers.add(hidden, questionsOf(chain, slots, 0));
      },
    });
    forget(past);
  }

  async #ask(
    trunk: TrunkRunner,
    pass: Pass,
    trees: readonly Planted[],
    wanted: readonly (readonly number[])[],
    answers: HeadQueue,
  ) {
    const { hidden } = await trunk.run(pass);
    let first = 0;
    const questions = trees.flatMap((planted, b) => {
      const slots = wanted[b] as readonly number[];
      const asked = questionsOf(planted, slots, first);
      first += slots.length;
      return asked;
    });
    await answers.add(hidden.data as Float32Array, questions);
  }

  #isLong(length: number): boolean {
    return this.#decoder.layers.some(({ attention }) => attention.rope !== null && isLong(attention.rope, length));
  }

  #check(tokens: readonly number[], length: number): void {
    const foreign = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= this.vocabulary);
    if (foreign !== undefined) throw new Error(`token ${foreign} is not in the vocabulary of ${this.vocabulary}`);
    if (length > this.maxLength) throw new Error(`${length} tokens are more than the model's ${this.maxLength}`);
  }
}

const FLOAT_BYTES = 4;

/** Better a line now than a process that is killed while it loads. */
function refuseTooLarge(path: string, weights: Weights, { name }: Device): void {
  const [needed, there] = [weights.size * FLOAT_BYTES, machineMemory()];
  if (name !== 'cpu' || needed <= there) return;
  const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  throw new UserError(
    `${path} takes ${gibibytes(needed)} GiB in float32, and this machine has ${gibibytes(there)} GiB`,
    'use a larger runner, or a server (--endpoint)',
  );
}

/** Only a trunk that keeps keys and values runs anything but batches. */
function needsPast(steps: readonly Step[]): boolean {
  return steps.some(({ kind }) => kind !== 'batch');
}

/** Each slot whose hidden state is wanted, once. */
function wantedSlots({ answers }: Planted): number[] {
  return [...new Set(answers.flatMap(({ slots }) => slots))].sort((a, b) => a - b);
}

/** What is asked about those slots of a tree, whose hidden states are the rows from `first` on. */
function questionsOf({ answers }: Planted, slots: readonly number[], first: number): RowQuestion[] {
  const rowOf = new Map(slots.map((slot, i) => [slot, first + i]));
  return answers.flatMap(({ member, slots: places }) =>
    places.flatMap((slot, place) => {
      const row = rowOf.get(slot);
      return row === undefined
        ? []
        : { row, token: member.continuation[place] as number, sequence: member.index, place };
    }),
  );
}
