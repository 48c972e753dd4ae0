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
import { LOGIT_FACTORS, type Sequence, type TokenPrediction } from '../engine.ts';
import { buildHead, HEAD } from '../graph/head.ts';
import { buildSlicedHead, headSlices, logitsAtOnce } from '../graph/sliced-head.ts';
import { drawTokens, type TokenDraw } from './draw-token.ts';

/** A token to score, the row of hidden states that predicts it, and what else its sequence asks for. */
export interface HeadTarget extends Pick<Sequence, 'isScaled' | 'isPredicted' | 'among'> {
  readonly row: number;
  readonly token: number;
}

export interface TargetScores {
  /** One per target. */
  readonly logprobs: Float32Array;
  /** The most likely token, one per row. */
  readonly best: readonly number[];
  /** Log-probabilities with each of LOGIT_FACTORS, one list per target; null if not asked for. */
  readonly scaled: ReadonlyArray<readonly number[] | null>;
  /** One per target; null if not asked for. */
  readonly predictions: ReadonlyArray<TokenPrediction | null>;
}

/** The output matrix in its own session: only the rows that are needed go through it. */
export class HeadSession {
  readonly hidden: number;
  /** Logits per row in memory at a time. */
  readonly logitsAtOnce: number;
  readonly #session: Session;
  readonly #openWhole: () => Promise<Session>;
  /** A session for all logits, if the other one has none. */
  #whole: Promise<Session> | null;

  private constructor(decoder: Decoder, logitsAtOnce: number, session: Session, openWhole: () => Promise<Session>) {
    this.hidden = outputSize(decoder);
    this.logitsAtOnce = logitsAtOnce;
    this.#session = session;
    this.#openWhole = openWhole;
    this.#whole = logitsAtOnce === decoder.vocabulary ? Promise.resolve(session) : null;
  }

  static async open(decoder: Decoder, weights: Weights, device: Device): Promise<HeadSession> {
    const { held } = weights;
    const openHead = (graph: Graph) => {
      const memoryPattern = graph.weightMemory.largestExpansion === 0;
      return openSession(graph, device, { allowSpinning: false, memoryPattern });
    };
    // On a GPU, small slices take longer, and there is less memory to save.
    const slices = device.name === 'cpu' ? headSlices(decoder, weights) : null;
    const graph = slices ? buildSlicedHead(decoder, weights, slices) : buildHead(decoder, weights);
    const openWhole = () => openHead(weights.heldAs(held, () => buildHead(decoder, weights)));
    return new HeadSession(decoder, logitsAtOnce(decoder, slices), await openHead(graph), openWhole);
  }

  /** @param hidden [rows, hidden] */
  async score(hidden: Tensor, targets: readonly HeadTarget[]): Promise<TargetScores> {
    const isScaled = targets.some((target) => target.isScaled);
    const isPredicted = targets.some((target) => target.isPredicted);
    const more = [
      ...(isScaled || isPredicted ? [HEAD.total] : []),
      ...(isScaled ? [HEAD.scaledTotals] : []),
      ...(isPredicted ? [HEAD.predicted, HEAD.predictedLogits] : []),
    ];
    const outputs = await this.#run(hidden, targets, [HEAD.logprobs, HEAD.best, ...more]);
    const logprobs = float32Output(outputs, HEAD.logprobs);
    const best = int64Output(outputs, HEAD.best);
    const none = targets.map(() => null);
    if (!isScaled && !isPredicted) return { logprobs, best, scaled: none, predictions: none };
    const totals = float32Output(outputs, HEAD.total);
    const scaled = () =>
      scaledLogprobs(targets, logprobs, { totals, scaled: float32Output(outputs, HEAD.scaledTotals) });
    const predictions = () => {
      const tokens = int64Output(outputs, HEAD.predicted);
      return tokenPredictions(targets, totals, { tokens, logits: float32Output(outputs, HEAD.predictedLogits) });
    };
    return { logprobs, best, scaled: isScaled ? scaled() : none, predictions: isPredicted ? predictions() : none };
  }

  /** The most likely token of each row of hidden [rows, hidden]. @throws UserError if logits are NaN */
  async best(hidden: Tensor): Promise<readonly number[]> {
    const outputs = await this.#run(hidden, [], [HEAD.best, HEAD.total]);
    expectFinite(float32Output(outputs, HEAD.total));
    return int64Output(outputs, HEAD.best);
  }

  /** The next token of each row. @param draws null: the most likely token @throws UserError if logits are NaN */
  async next(hidden: Tensor, draws: ReadonlyArray<TokenDraw | null>): Promise<readonly number[]> {
    const best = await this.best(hidden);
    return draws.every((draw) => draw === null) ? best : drawTokens(await this.logits(hidden), best, draws);
  }

  /** All logits: [rows, vocabulary]. */
  async logits(hidden: Tensor): Promise<Float32Array> {
    this.#whole ??= this.#openWhole();
    return float32Output(await this.#run(hidden, [], [HEAD.logits], await this.#whole), HEAD.logits);
  }

  rows(data: Float32Array): Tensor {
    return tensor.float32(data, [data.length / this.hidden, this.hidden]);
  }

  async close(): Promise<void> {
    const whole = await this.#whole?.catch(() => null);
    if (whole && whole !== this.#session) await whole.release();
    await this.#session.release();
  }

  #run(hidden: Tensor, targets: readonly HeadTarget[], fetches: readonly string[], session = this.#session) {
    const rows = { scaled: rowsAsking(targets, 'isScaled'), predicted: rowsAsking(targets, 'isPredicted') };
    return session.run(headFeeds(hidden, targets, rows), fetches);
  }
}

/** Rows with a target that asks for this, ascending. */
export function rowsAsking(targets: readonly HeadTarget[], key: 'isScaled' | 'isPredicted'): number[] {
  const rows = targets.filter((target) => target[key]).map(({ row }) => row);
  return [...new Set(rows)].sort((a, b) => a - b);
}

/** Inputs of the output matrix. @param rows to total again with scaled logits, and to predict tokens of */
export function headFeeds(
  hidden: Tensor,
  targets: readonly HeadTarget[],
  rows: { readonly scaled: readonly number[]; readonly predicted: readonly number[] },
) {
  const pairs = targets.flatMap(({ row, token }) => [row, token]);
  return {
    [HEAD.hidden]: hidden,
    [HEAD.targets]: tensor.int64(pairs, [targets.length, 2]),
    [HEAD.scaledRows]: rowsFeed(rows.scaled),
    [HEAD.predictedRows]: rowsFeed(rows.predicted),
  };
}

/** Without rows, the first one stands in: not every device accepts an empty tensor. */
function rowsFeed(rows: readonly number[]): Tensor {
  return tensor.int64(rows.length > 0 ? rows : [0], [Math.max(1, rows.length)]);
}

/**
 * log p of each target with all logits of its row multiplied by a factor f: f (log p + total) − total of the scaled
 * logits.
 * @param totals of every row; `scaled`: with scaled logits, of the rows that ask for them, [P, factors]
 */
export function scaledLogprobs(
  targets: readonly HeadTarget[],
  logprobs: Float32Array,
  { totals, scaled }: { readonly totals: Float32Array | Float64Array; readonly scaled: Float32Array | Float64Array },
): Array<number[] | null> {
  const places = new Map(rowsAsking(targets, 'isScaled').map((row, place) => [row, place * LOGIT_FACTORS.length]));
  return targets.map(({ row, isScaled }, i) => {
    const place = places.get(row);
    if (!isScaled || place === undefined) return null;
    const logit = at(logprobs, i) + at(totals, row);
    return LOGIT_FACTORS.map((factor, f) => factor * logit - at(scaled, place + f));
  });
}

/** @param totals of every row @param most likely tokens and logits, best first, of the asking rows: [T, k] */
export function tokenPredictions(
  targets: readonly HeadTarget[],
  totals: Float32Array | Float64Array,
  most: { readonly tokens: readonly number[]; readonly logits: Float32Array },
): Array<TokenPrediction | null> {
  const rows = rowsAsking(targets, 'isPredicted');
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

/** @param totals per row, the log of the sum of its logits' exponentials @throws UserError if any is not finite */
export function expectFinite(totals: Float32Array | Float64Array): void {
  if (totals.every(Number.isFinite)) return;
  throw new UserError(
    "the model's logits are not finite",
    "look for NaN and Inf in the weights with 'shadow-gate spectra'",
    { code: 'not-finite' },
  );
}
