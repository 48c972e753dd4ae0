import { at } from '@shadow-gate/platform';
import { outputSize } from '../../architectures/decoder.ts';
import type { Continuation, OnWork, Prompt, SequenceScore } from '../../engine.ts';
import type { PassCost } from '../../execution.ts';
import { BACKBONE } from '../../graph/backbone-names.ts';
import type { BatchBudget } from '../batch-budget.ts';
import { type ForwardBatch, sequenceBatch } from '../batches.ts';
import { type DecodingSetup, decodeTogether } from '../decoding.ts';
import { drawTokens, type TokenDraw } from '../draw-token.ts';
import { SequenceScores, type SequenceTarget } from '../head-queue.ts';
import { expectFinite, type HeadTarget } from '../head-session.ts';
import type { LayeredSizes } from '../memory-plan.ts';
import { runStep } from '../run-step.ts';
import type { ScoringStep } from '../schedule.ts';
import { type LayeredDecoder, LayerPass, stateKey } from './layer-pass.ts';
import { type Promised, RunRecorder } from './run-recorder.ts';
import { type HiddenBlocks, SlicedHead } from './sliced-head.ts';
import { StateStore } from './state-store.ts';

/** Tokens in the first timed run of a layer. A run with MORE_TIMES as many shows the time per token. */
const FEW_TOKENS = 16;
const MORE_TIMES = 16;

/** The output matrix's share of the time of a pass. */
const HEAD_SHARE = 0.05;

/** A model with at most two layers in memory: every call is one pass over the weights, or one for each new token. */
export class LayeredModel {
  readonly usesKvCache: boolean;
  readonly #model: LayeredDecoder;
  readonly #store: StateStore;
  readonly #recorder: RunRecorder;
  readonly #pass: LayerPass;
  readonly #head: SlicedHead;
  readonly #headRows: number;
  readonly #budget: BatchBudget;

  constructor(
    model: LayeredDecoder,
    { stateBytes, headTokens, budget }: LayeredSizes & { readonly budget: BatchBudget },
  ) {
    this.usesKvCache = model.useKvCache;
    this.#model = model;
    this.#store = new StateStore(stateBytes);
    this.#recorder = new RunRecorder({ hasCapacity: model.kind === 'split' });
    this.#pass = new LayerPass(model, this.#store);
    const tokens = Math.min(headTokens, model.decoder.vocabulary);
    this.#head = new SlicedHead(model, tokens);
    this.#headRows = budget.logitRows(tokens);
    this.#budget = budget;
  }

  /** @param lengths number of target tokens of each sequence */
  async score(
    steps: readonly ScoringStep[],
    lengths: readonly number[],
    onWork: OnWork | undefined,
  ): Promise<SequenceScore[]> {
    if (steps.length === 0) return [];
    return this.#thenForget(() => this.#score(steps, lengths, onWork));
  }

  async #score(steps: readonly ScoringStep[], lengths: readonly number[], onWork: OnWork | undefined) {
    const queued: { readonly hidden: Promised; readonly targets: readonly SequenceTarget[] }[] = [];
    const add = (hidden: Promised, targets: readonly SequenceTarget[]) => {
      queued.push({ hidden, targets });
      return Promise.resolve();
    };
    for (const step of steps) {
      await runStep(step, { backbone: this.#recorder, budget: this.#budget, queue: { add } });
    }
    const targets: SequenceTarget[] = [];
    let row = 0;
    for (const { hidden, targets: own } of queued) {
      for (const target of own) targets.push({ ...target, row: target.row + row });
      row += hidden.rows;
    }
    const hidden = queued.map((own) => own.hidden);
    const scores = new SequenceScores();
    await scores.add(targets, (all) => this.#through(hidden, all, onWork));
    return scores.finish(lengths);
  }

  /** One pass over all weights for each new token, with all prompts. */
  generate(
    prompts: readonly Prompt[],
    setup: Pick<DecodingSetup<Promised>, 'isLong' | 'canBecomeLong' | 'onWork'>,
  ): Promise<Continuation[]> {
    const meeting = new Meeting((waiting) => this.#nextOf(waiting));
    return this.#thenForget(() =>
      decodeTogether(prompts, {
        ...setup,
        backbone: this.#recorder,
        head: { next: (hidden, draws) => meeting.wait({ hidden, draws }) },
        budget: this.#budget,
        onBegin: () => meeting.join(),
        onEnd: () => meeting.leave(),
      }),
    );
  }

  logits(batch: ForwardBatch): Promise<Float32Array> {
    return this.#thenForget(async () => {
      const { hidden } = await this.#recorder.run(batch);
      await this.#runAll([hidden], undefined);
      return this.#logitsOf(hidden);
    });
  }

  /** Cost of a pass, from one layer with few tokens and with more. */
  measurePass(): Promise<PassCost> {
    const { maxLength } = this.#model.decoder;
    const few = Math.max(1, Math.min(FEW_TOKENS, Math.floor(maxLength / 2)));
    const more = Math.min(few * MORE_TIMES, maxLength);
    return this.#thenForget(async () => {
      for (const count of [few, few, more]) {
        const tokens = Array<number>(count).fill(0);
        await this.#recorder.run(sequenceBatch(tokens, { rows: [count - 1], isLong: false }));
      }
      const { runs } = this.#recorder.takeRuns();
      const { cost, runs: seconds } = await this.#pass.time(runs, () => this.#head.whole());
      // The first run of a session takes longer. Part of a run's time is the same for any number of tokens.
      const [, least = 0, most = 0] = seconds;
      const perToken = more > few ? Math.max(0, most - least) / (more - few) : most / more;
      return { ...cost, perToken };
    });
  }

  close(): Promise<void> {
    return this.#forget();
  }

  async #nextOf(waiting: readonly AwaitedTokens[]): Promise<number[][]> {
    const wanted = waiting.map(({ hidden }) => hidden);
    const isDrawn = waiting.map(({ draws }) => draws.some((draw) => draw !== null));
    // Their states go through the output matrix once more.
    const kept = new Set(wanted.filter((_, i) => isDrawn[i]));
    const { best, totals } = await this.#through(wanted, [], undefined, kept);
    expectFinite(totals);
    const chosen: number[][] = [];
    let row = 0;
    for (const { hidden, draws } of waiting) {
      const own = best.slice(row, row + hidden.rows);
      row += hidden.rows;
      chosen.push(kept.has(hidden) ? drawTokens(await this.#logitsOf(hidden), own, draws) : own);
    }
    return chosen;
  }

  async #logitsOf({ run, rows }: Promised): Promise<Float32Array> {
    const { data } = await this.#store.take(stateKey(BACKBONE.hidden, run));
    return this.#head.logits(data, rows);
  }

  /** All runs so far through all layers, and the wanted hidden states through the output matrix. */
  async #through(
    wanted: readonly Promised[],
    targets: readonly HeadTarget[],
    onWork: OnWork | undefined,
    kept: ReadonlySet<Promised> = new Set(),
  ) {
    await this.#runAll(wanted, onWork && ((share) => onWork(share * (1 - HEAD_SHARE))));
    const rows = wanted.reduce((sum, hidden) => sum + hidden.rows, 0);
    const onHead = onWork && ((share: number) => onWork(1 - HEAD_SHARE + share * HEAD_SHARE));
    const scores = await this.#head.score(() => this.#blocks(wanted), rows, targets, onHead);
    for (const hidden of wanted) if (!kept.has(hidden)) this.#store.drop(stateKey(BACKBONE.hidden, hidden.run));
    return scores;
  }

  async #runAll(wanted: readonly Promised[], onWork: OnWork | undefined): Promise<void> {
    const { runs, released } = this.#recorder.takeRuns();
    try {
      const used = new Set(runs.map(({ cache }) => cache));
      for (const cache of released) if (!used.has(cache)) this.#pass.release(cache);
      await this.#pass.run(runs, {
        released: new Set(released),
        wanted: new Set(wanted.map(({ run }) => run)),
        next: () => this.#head.first(),
        onWork,
      });
    } catch (error) {
      // The results of half a pass are not used.
      await this.#forget();
      throw error;
    }
  }

  /** As many rows at a time as memory allows for their logits. */
  async *#blocks(wanted: readonly Promised[]): HiddenBlocks {
    const width = outputSize(this.#model.decoder);
    const block = new Float32Array(this.#headRows * width);
    let filled = 0;
    for (const { run } of wanted) {
      const { data } = await this.#store.read(stateKey(BACKBONE.hidden, run));
      for (let start = 0; start < data.length; ) {
        const part = data.subarray(start, start + block.length - filled);
        block.set(part, filled);
        filled += part.length;
        start += part.length;
        if (filled < block.length) continue;
        yield { hidden: block, rows: this.#headRows };
        filled = 0;
      }
    }
    if (filled > 0) yield { hidden: block.subarray(0, filled), rows: filled / width };
  }

  /** Forget what the work leaves in the store, even if it fails. */
  async #thenForget<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#forget();
    }
  }

  async #forget(): Promise<void> {
    this.#recorder.takeRuns();
    await this.#store.clear();
  }
}

/** The hidden states of a batch, and how to choose the token after each. */
interface AwaitedTokens {
  readonly hidden: Promised;
  readonly draws: ReadonlyArray<TokenDraw | null>;
}

/** Batches wait here for each other, so that one pass serves all. */
class Meeting {
  readonly #serve: (waiting: readonly AwaitedTokens[]) => Promise<number[][]>;
  #present = 0;
  #waiting: {
    readonly wanted: AwaitedTokens;
    readonly resolve: (chosen: readonly number[]) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(serve: (waiting: readonly AwaitedTokens[]) => Promise<number[][]>) {
    this.#serve = serve;
  }

  join(): void {
    this.#present += 1;
  }

  leave(): void {
    this.#present -= 1;
    this.#begin();
  }

  wait(wanted: AwaitedTokens): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wanted, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#present) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#serve(waiting.map(({ wanted }) => wanted)).then(
      (served) => {
        for (const [i, { resolve }] of waiting.entries()) resolve(at(served, i));
      },
      (error: unknown) => {
        for (const { reject } of waiting) reject(error);
      },
    );
  }
}
