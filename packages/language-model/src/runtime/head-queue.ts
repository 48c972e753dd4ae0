import { float32Data, type Tensor } from '@shadow-gate/checkpoints/onnx';
import { at, given } from '@shadow-gate/platform';
import { LOGIT_FACTORS, type ScaledScore, type SequenceScore, type TokenPrediction } from '../engine.ts';
import { withTokensAmong } from './among-tokens.ts';
import type { HeadSession, HeadTarget, TargetScores } from './head-session.ts';

/** A target token, and its place in a scored sequence. */
export interface SequenceTarget extends HeadTarget {
  /** Index of the sequence. */
  readonly sequence: number;
  /** Index in its continuation. */
  readonly position: number;
}

/** Takes hidden states [rows, hidden], and the targets that they predict. */
export interface HiddenQueue<H> {
  add(hidden: H, targets: readonly SequenceTarget[]): Promise<void>;
}

type ScoringHead = Pick<HeadSession, 'hidden' | 'rows' | 'score'>;

/**
 * Hidden states wait here until there are enough for the output matrix, which takes as long to read for one row as for
 * hundreds. As many go through it together as memory allows for their logits; only the last batch is smaller.
 */
export class HeadQueue implements HiddenQueue<Tensor> {
  readonly #head: ScoringHead;
  readonly #rows: number;
  readonly #scores = new SequenceScores();
  #queued: { readonly hidden: Float32Array; readonly rows: number; readonly targets: readonly SequenceTarget[] }[] = [];
  #count = 0;

  /** @param rows rows that go through the output matrix together */
  constructor(head: ScoringHead, rows: number) {
    this.#head = head;
    this.#rows = rows;
  }

  /** @param states [rows, hidden]; targets name these rows */
  async add(states: Tensor, targets: readonly SequenceTarget[]): Promise<void> {
    const hidden = float32Data(states);
    const rows = hidden.length / this.#head.hidden;
    this.#queued.push({ hidden, rows, targets });
    this.#count += rows;
    if (this.#count >= this.#rows) await this.#flush(this.#count - (this.#count % this.#rows));
  }

  /** Scores of all sequences, in order. @param lengths number of target tokens of each sequence */
  async finish(lengths: readonly number[]): Promise<SequenceScore[]> {
    await this.#flush(this.#count);
    return this.#scores.finish(lengths);
  }

  /** @param count rows to score, from the first; the others wait */
  async #flush(count: number): Promise<void> {
    const { hidden: width } = this.#head;
    const all = new Float32Array(this.#count * width);
    const targets: SequenceTarget[] = [];
    let rows = 0;
    for (const queued of this.#queued) {
      all.set(queued.hidden, rows * width);
      for (const target of queued.targets) targets.push({ ...target, row: target.row + rows });
      rows += queued.rows;
    }
    const within = (start: number, end: number) =>
      targets.filter(({ row }) => row >= start && row < end).map((target) => ({ ...target, row: target.row - start }));
    this.#queued = [{ hidden: all.subarray(count * width), rows: rows - count, targets: within(count, rows) }];
    this.#count = rows - count;
    for (let start = 0; start < count; start += this.#rows) {
      const end = Math.min(count, start + this.#rows);
      const hidden = this.#head.rows(all.subarray(start * width, end * width));
      await this.#scores.add(within(start, end), (own) => this.#head.score(hidden, own));
    }
  }
}

export class SequenceScores {
  readonly #scores: TokenScore[][] = [];

  /** @param score scores the targets and the tokens that they are compared with */
  async add(
    targets: readonly SequenceTarget[],
    score: (targets: readonly HeadTarget[]) => Promise<TargetScores>,
  ): Promise<void> {
    const { targets: all, scoresAmong } = withTokensAmong(targets);
    const { logprobs, best, scaled, predictions } = await score(all);
    const among = scoresAmong(logprobs);
    for (const [i, { row, token, sequence, position }] of targets.entries()) {
      this.#scores[sequence] ??= [];
      this.#scores[sequence][position] = {
        logprob: at(logprobs, i),
        greedy: at(best, row) === token,
        scaled: at(scaled, i),
        among: at(among, i),
        prediction: at(predictions, i),
      };
    }
  }

  /** @param lengths number of target tokens of each sequence */
  finish(lengths: readonly number[]): SequenceScore[] {
    return lengths.map((length, sequence) => {
      // flat() drops places without a score.
      const scores = (this.#scores[sequence] ?? []).flat();
      if (scores.length !== length) throw new Error(`sequence ${sequence} has ${scores.length} scores of ${length}`);
      return sequenceScore(scores);
    });
  }
}

/** The score of one target token; null: not asked for. */
interface TokenScore {
  readonly logprob: number;
  readonly greedy: boolean;
  /** With each of LOGIT_FACTORS. */
  readonly scaled: readonly number[] | null;
  readonly among: ScaledScore | null;
  readonly prediction: TokenPrediction | null;
}

function sequenceScore(scores: readonly TokenScore[]): SequenceScore {
  const tokenLogprobs = scores.map(({ logprob }) => logprob);
  const greedy = scores.every((score) => score.greedy);
  const known = scores.flatMap(({ scaled }) => (scaled === null ? [] : [scaled]));
  const among = scores.flatMap((score) => score.among ?? []);
  const predictions = scores.flatMap(({ prediction }) => prediction ?? []);
  const isWhole = (parts: readonly unknown[]) => scores.length > 0 && parts.length === scores.length;
  const sumAmong = () => ({
    logprob: among.reduce((sum, { logprob }) => sum + logprob, 0),
    scaled: sumOfEach(among.map((own) => own.scaled)),
  });
  return {
    tokenLogprobs,
    greedy,
    ...given({
      scaled: isWhole(known) ? sumOfEach(known) : undefined,
      among: isWhole(among) ? sumAmong() : undefined,
      predictions: isWhole(predictions) ? predictions : undefined,
    }),
  };
}

function sumOfEach(lists: ReadonlyArray<readonly number[]>): number[] {
  return LOGIT_FACTORS.map((_, f) => lists.reduce((sum, own) => sum + at(own, f), 0));
}
