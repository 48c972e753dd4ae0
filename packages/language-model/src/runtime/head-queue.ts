import { float32Data, type Tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import { LOGIT_FACTORS, type ScaledScore, type SequenceScore, type TokenPrediction } from '../engine.ts';
import { withTokensAmong } from './among-tokens.ts';
import type { HeadSession, HeadTarget } from './head-session.ts';

/** A target token, and the token of a scored sequence that it is. */
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

interface QueuedRows {
  readonly hidden: Float32Array;
  readonly rows: number;
  readonly targets: readonly SequenceTarget[];
}

/**
 * Hidden states wait here until there are enough of them for the output matrix, which takes as long to read for one row
 * as for hundreds. As many go through it together as their logits have memory for, and only the last ones are fewer.
 */
export class HeadQueue implements HiddenQueue<Tensor> {
  readonly #head: ScoringHead;
  readonly #rows: number;
  readonly #scores: TokenScore[][] = [];
  #queued: QueuedRows[] = [];
  #count = 0;

  /** @param rows how many rows go through the output matrix together */
  constructor(head: ScoringHead, rows: number) {
    this.#head = head;
    this.#rows = rows;
  }

  /** @param states [rows, hidden] of the rows that the targets name */
  async add(states: Tensor, targets: readonly SequenceTarget[]): Promise<void> {
    const hidden = float32Data(states);
    const rows = hidden.length / this.#head.hidden;
    this.#queued.push({ hidden, rows, targets });
    this.#count += rows;
    if (this.#count >= this.#rows) await this.#flush(this.#count - (this.#count % this.#rows));
  }

  /**
   * Scores of all sequences, in their order.
   * @param lengths number of target tokens of each sequence
   */
  async finish(lengths: readonly number[]): Promise<SequenceScore[]> {
    await this.#flush(this.#count);
    return lengths.map((length, sequence) => {
      const scores = this.#scores[sequence] ?? [];
      if (scores.length !== length) throw new Error(`sequence ${sequence} has ${scores.length} scores of ${length}`);
      return sequenceScore(scores);
    });
  }

  /** @param count of the first rows; the others wait */
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
      await this.#score(all.subarray(start * width, end * width), within(start, end));
    }
  }

  async #score(hidden: Float32Array, targets: readonly SequenceTarget[]): Promise<void> {
    const { targets: all, scoresAmong } = withTokensAmong(targets);
    const { logprobs, best, scaled, predictions } = await this.#head.score(this.#head.rows(hidden), all);
    const among = scoresAmong(logprobs);
    for (const [i, { row, token, sequence, position }] of targets.entries()) {
      const scores = this.#scores[sequence] ?? [];
      this.#scores[sequence] = scores;
      const greedy = at(best, row) === token;
      scores[position] = {
        logprob: at(logprobs, i),
        greedy,
        scaled: at(scaled, i),
        among: at(among, i),
        prediction: at(predictions, i),
      };
    }
  }
}

/** The score of one target token. */
export interface TokenScore {
  readonly logprob: number;
  readonly greedy: boolean;
  /** With each of LOGIT_FACTORS; null where that was not asked for. */
  readonly scaled: readonly number[] | null;
  /** Null where that was not asked for. */
  readonly among: ScaledScore | null;
  /** Null where that was not asked for. */
  readonly prediction: TokenPrediction | null;
}

/** @param scores of all its tokens, in their order */
export function sequenceScore(scores: readonly TokenScore[]): SequenceScore {
  const tokenLogprobs = scores.map(({ logprob }) => logprob);
  const greedy = scores.every((score) => score.greedy);
  const known = scores.flatMap(({ scaled }) => (scaled === null ? [] : [scaled]));
  const among = scores.flatMap((score) => score.among ?? []);
  const predictions = scores.flatMap(({ prediction }) => prediction ?? []);
  const isWhole = (parts: readonly unknown[]) => scores.length > 0 && parts.length === scores.length;
  return {
    tokenLogprobs,
    greedy,
    ...(isWhole(known) ? { scaled: sumOfEach(known) } : {}),
    ...(isWhole(among)
      ? {
          among: {
            logprob: among.reduce((sum, { logprob }) => sum + logprob, 0),
            scaled: sumOfEach(among.map((own) => own.scaled)),
          },
        }
      : {}),
    ...(isWhole(predictions) ? { predictions } : {}),
  };
}

function sumOfEach(lists: ReadonlyArray<readonly number[]>): number[] {
  return LOGIT_FACTORS.map((_, f) => lists.reduce((sum, own) => sum + at(own, f), 0));
}
