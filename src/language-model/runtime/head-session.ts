import type { Graph } from '../../onnx/graph.ts';
import {
  type Device,
  float32Output,
  int64Output,
  openSession,
  type Session,
  type Tensor,
  tensor,
} from '../../onnx/session.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Decoder } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { buildHead, HEAD } from '../graph/head.ts';
import { buildSlicedHead, headSlices, logitsAtOnce } from '../graph/sliced-head.ts';

/** A token whose log-probability is computed, and the row of hidden states that predicts it. */
export interface HeadTarget {
  readonly row: number;
  readonly token: number;
}

export interface TargetScores {
  /** One per target. */
  readonly logprobs: Float32Array;
  /** The most likely token, one per row. */
  readonly best: readonly number[];
}

interface HeadParts {
  readonly logitsAtOnce: number;
  readonly openWhole: () => Promise<Session>;
}

/** The output matrix, in a session of its own: only the rows that are needed go through it. */
export class HeadSession {
  readonly hidden: number;
  /** Of one row, how many logits are in memory at a time. */
  readonly logitsAtOnce: number;
  readonly #session: Session;
  readonly #openWhole: () => Promise<Session>;
  /** All logits come from a session of their own, if need be. */
  #whole: Promise<Session> | null;

  private constructor(decoder: Decoder, session: Session, { logitsAtOnce, openWhole }: HeadParts) {
    this.hidden = decoder.hidden;
    this.logitsAtOnce = logitsAtOnce;
    this.#session = session;
    this.#openWhole = openWhole;
    this.#whole = logitsAtOnce === decoder.vocabulary ? Promise.resolve(session) : null;
  }

  static async open(decoder: Decoder, weights: Weights, device: Device): Promise<HeadSession> {
    const { held } = weights;
    const memoryPattern = held === 'float32';
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
    const outputs = await this.#run(hidden, targets, [HEAD.logprobs, HEAD.best]);
    return { logprobs: float32Output(outputs, HEAD.logprobs), best: int64Output(outputs, HEAD.best) };
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
    return session.run({ [HEAD.hidden]: hidden, [HEAD.targets]: pairs }, fetches);
  }
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
