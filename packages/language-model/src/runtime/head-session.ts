import {
  type Device,
  float32Output,
  int64Output,
  openSession,
  type Session,
  type Tensor,
  tensor,
} from '@shadow-gate/checkpoints/onnx';
import type { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { at, UserError } from '@shadow-gate/platform';
import { type Decoder, outputSize } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { LOGIT_FACTORS, type TokenPrediction } from '../engine.ts';
import { buildHead, HEAD } from '../graph/head.ts';
import { buildSlicedHead, headSlices, logitsAtOnce } from '../graph/sliced-head.ts';
import { drawTokens, type TokenDraw } from './draw-token.ts';

/** A token to score, and the row of hidden states that predicts it. */
export interface HeadTarget {
  readonly row: number;
  readonly token: number;
  /** The score of its sequence is wanted with scaled logits as well. */
  readonly isScaled?: boolean;
  /** Also return the most likely tokens at its place. */
  readonly isPredicted?: boolean;
  /** The score of its sequence is wanted among these tokens as well. */
  readonly among?: readonly number[];
}

export interface TargetScores {
  /** One per target. */
  readonly logprobs: Float32Array;
  /** The most likely token, one per row. */
  readonly best: readonly number[];
  /** Log-probabilities with each of LOGIT_FACTORS, one list per target; null if its scaled score is not wanted. */
  readonly scaled: ReadonlyArray<readonly number[] | null>;
  /** One per target; null if its place is not to be predicted. */
  readonly predictions: ReadonlyArray<TokenPrediction | null>;
}

interface HeadParts {
  readonly logitsAtOnce: number;
  readonly openWhole: () => Promise<Session>;
}

/** The output matrix, in a session of its own: only the rows that are needed go through it. */
export class HeadSession {
  readonly hidden: number;
  /** Logits per row in memory at a time. */
  readonly logitsAtOnce: number;
  readonly #session: Session;
  readonly #openWhole: () => Promise<Session>;
  /** All logits come from a session of their own, if need be. */
  #whole: Promise<Session> | null;

  private constructor(decoder: Decoder, session: Session, { logitsAtOnce, openWhole }: HeadParts) {
    this.hidden = outputSize(decoder);
    this.logitsAtOnce = logitsAtOnce;
    this.#session = session;
    this.#openWhole = openWhole;
    this.#whole = logitsAtOnce === decoder.vocabulary ? Promise.resolve(session) : null;
  }

  static async open(decoder: Decoder, weights: Weights, device: Device): Promise<HeadSession> {
    const { held } = weights;
    const memoryPattern = held !== 'as-stored';
    const openHead = (graph: Graph) => openSession(graph, device, { allowSpinning: false, memoryPattern });
    // On a GPU, small slices take longer, and there is less memory to gain.
    const slices = device.name === 'cpu' ? headSlices(decoder, weights) : null;
    const graph = slices ? buildSlicedHead(decoder, weights, slices) : buildHead(decoder, weights);
    return new HeadSession(decoder, await openHead(graph), {
      logitsAtOnce: logitsAtOnce(decoder, slices),
      openWhole: () => openHead(weights.heldAs(held, () => buildHead(decoder, weights))),
    });
  }

  /** @param hidden [rows, hidden] */
  async score(hidden: Tensor, targets: readonly HeadTarget[]): Promise<TargetScores> {
    const isScaled = scaledRows(targets).length > 0;
    const isPredicted = predictedRows(targets).length > 0;
    const more = [
      ...(isScaled || isPredicted ? [HEAD.total] : []),
      ...(isScaled ? [HEAD.scaledTotals] : []),
      ...(isPredicted ? [HEAD.predicted, HEAD.predictedLogits] : []),
    ];
    const outputs = await this.#run(hidden, targets, [HEAD.logprobs, HEAD.best, ...more]);
    const logprobs = float32Output(outputs, HEAD.logprobs);
    const none = targets.map(() => null);
    const totals = isScaled || isPredicted ? float32Output(outputs, HEAD.total) : new Float32Array();
    return {
      logprobs,
      best: int64Output(outputs, HEAD.best),
      scaled: isScaled
        ? scaledLogprobs(targets, logprobs, { totals, scaled: float32Output(outputs, HEAD.scaledTotals) })
        : none,
      predictions: isPredicted
        ? tokenPredictions(targets, totals, {
            tokens: int64Output(outputs, HEAD.predicted),
            logits: float32Output(outputs, HEAD.predictedLogits),
          })
        : none,
    };
  }

  /**
   * The most likely token of each row.
   * @param hidden [rows, hidden]
   * @throws UserError if there is none, since logits are NaN
   */
  async best(hidden: Tensor): Promise<readonly number[]> {
    const outputs = await this.#run(hidden, [], [HEAD.best, HEAD.total]);
    expectFinite(float32Output(outputs, HEAD.total));
    return int64Output(outputs, HEAD.best);
  }

  /**
   * The next token of each row.
   * @param draws of each row; null: the most likely one
   * @throws UserError if logits are NaN
   */
  async next(hidden: Tensor, draws: ReadonlyArray<TokenDraw | null>): Promise<readonly number[]> {
    const best = await this.best(hidden);
    return draws.every((draw) => draw === null) ? best : drawTokens(await this.logits(hidden), best, draws);
  }

  /** All logits: [rows, vocabulary]. */
  async logits(hidden: Tensor): Promise<Float32Array> {
    this.#whole ??= this.#openWhole();
    return float32Output(await this.#run(hidden, [], [HEAD.logits], await this.#whole), HEAD.logits);
  }

  /** Rows of hidden states as a tensor [rows, hidden]. */
  rows(data: Float32Array): Tensor {
    return tensor.float32(data, [data.length / this.hidden, this.hidden]);
  }

  async close(): Promise<void> {
    const whole = await this.#whole?.catch(() => null);
    if (whole && whole !== this.#session) await whole.release();
    await this.#session.release();
  }

  #run(hidden: Tensor, targets: readonly HeadTarget[], fetches: readonly string[], session = this.#session) {
    const pairs = tensor.int64(
      targets.flatMap(({ row, token }) => [row, token]),
      [targets.length, 2],
    );
    const feeds = {
      [HEAD.hidden]: hidden,
      [HEAD.targets]: pairs,
      [HEAD.scaledRows]: rowsFeed(scaledRows(targets)),
      [HEAD.predictedRows]: rowsFeed(predictedRows(targets)),
    };
    return session.run(feeds, fetches);
  }
}

/** Rows to return totals of with scaled logits, ascending. */
export function scaledRows(targets: readonly HeadTarget[]): number[] {
  return rowsOfTargets(targets.filter(({ isScaled }) => isScaled));
}

/** Rows to return the most likely tokens of, ascending. */
export function predictedRows(targets: readonly HeadTarget[]): number[] {
  return rowsOfTargets(targets.filter(({ isPredicted }) => isPredicted));
}

function rowsOfTargets(targets: readonly HeadTarget[]): number[] {
  return [...new Set(targets.map(({ row }) => row))].sort((a, b) => a - b);
}

/** Without any, the first row stands in: not every device takes an empty tensor. */
export function rowsFeed(rows: readonly number[]): Tensor {
  return tensor.int64(rows.length > 0 ? rows : [0], [Math.max(1, rows.length)]);
}

/**
 * log p of each target if all logits of its row were multiplied by a factor f: f (log p + total) − total of the scaled
 * logits.
 * @param totals of every row, and of the rows of `scaledRows` those of scaled logits, [P, factors]
 */
export function scaledLogprobs(
  targets: readonly HeadTarget[],
  logprobs: Float32Array,
  { totals, scaled }: { readonly totals: Float32Array | Float64Array; readonly scaled: Float32Array | Float64Array },
): Array<number[] | null> {
  const places = new Map(scaledRows(targets).map((row, place) => [row, place * LOGIT_FACTORS.length]));
  return targets.map(({ row, isScaled }, i) => {
    const place = places.get(row);
    if (!isScaled || place === undefined) return null;
    const logit = at(logprobs, i) + at(totals, row);
    return LOGIT_FACTORS.map((factor, f) => factor * logit - at(scaled, place + f));
  });
}

/**
 * What the model expects in the place of each target.
 * @param totals of every row
 * @param most of the rows of `predictedRows`, the most likely tokens and their logits, the best one first: [T, k]
 */
export function tokenPredictions(
  targets: readonly HeadTarget[],
  totals: Float32Array | Float64Array,
  most: { readonly tokens: readonly number[]; readonly logits: Float32Array },
): Array<TokenPrediction | null> {
  const rows = predictedRows(targets);
  const width = most.tokens.length / Math.max(1, rows.length);
  const places = new Map(rows.map((row, place) => [row, place * width]));
  return targets.map(({ row, isPredicted }) => {
    const start = places.get(row);
    if (!isPredicted || start === undefined) return null;
    const total = at(totals, row);
    return {
      tokens: most.tokens.slice(start, start + width),
      logprobs: Array.from(most.logits.subarray(start, start + width), (logit) => logit - total),
    };
  });
}

/**
 * @param totals the logarithm of the sum of the exponentials of each row's logits
 * @throws UserError if any is not finite
 */
export function expectFinite(totals: Float32Array | Float64Array): void {
  if (totals.every(Number.isFinite)) return;
  throw new UserError(
    "the model's logits are not finite",
    "look for NaN and Inf in the weights with 'shadow-gate spectra'",
    { code: 'not-finite' },
  );
}
