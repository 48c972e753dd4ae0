import { type Device, float32Output, openSession, type Session, type Tensor, tensor } from '../../onnx/session.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Decoder } from '../architectures/decoder.ts';
import type { Weights } from '../architectures/weights.ts';
import { buildHead, HEAD } from '../graph/head.ts';

/** Which token's log-probability is wanted in which row of hidden states. */
export interface Question {
  readonly row: number;
  readonly token: number;
}

export interface Scores {
  /** One a question. */
  readonly logprobs: Float32Array;
  /** The most likely token, one a row. */
  readonly best: readonly number[];
}

/** The output matrix, in a session of its own: only rows that are asked for go through it. */
export class HeadRunner {
  readonly vocabulary: number;
  readonly #session: Session;
  readonly hidden: number;

  private constructor(decoder: Decoder, session: Session) {
    this.vocabulary = decoder.vocabulary;
    this.hidden = decoder.hidden;
    this.#session = session;
  }

  static async open(decoder: Decoder, weights: Weights, device: Device): Promise<HeadRunner> {
    return new HeadRunner(decoder, await openSession(buildHead(decoder, weights), device, { isPatient: true }));
  }

  /** @param hidden [rows, hidden] */
  async score(hidden: Tensor, questions: readonly Question[]): Promise<Scores> {
    const asked = tensor.int64(
      questions.flatMap(({ row, token }) => [row, token]),
      [questions.length, 2],
    );
    const outputs = await this.#session.run({ [HEAD.hidden]: hidden, [HEAD.questions]: asked }, [
      HEAD.logprobs,
      HEAD.best,
    ]);
    return {
      logprobs: float32Output(outputs, HEAD.logprobs),
      best: Array.from(outputs[HEAD.best]?.data as BigInt64Array, Number),
    };
  }

  /**
   * The most likely token of each row.
   * @throws UserError if there is none, since logits are NaN
   */
  async best(hidden: Tensor): Promise<readonly number[]> {
    const nothing = tensor.int64([], [0, 2]);
    const outputs = await this.#session.run({ [HEAD.hidden]: hidden, [HEAD.questions]: nothing }, [
      HEAD.best,
      HEAD.total,
    ]);
    if (!float32Output(outputs, HEAD.total).every(Number.isFinite)) {
      throw new UserError(
        "the model's logits are not numbers",
        "look for NaN and Inf in the weights with 'shadow-gate spectra'",
      );
    }
    return Array.from(outputs[HEAD.best]?.data as BigInt64Array, Number);
  }

  /** Everything: [rows, vocabulary]. */
  async logits(hidden: Tensor): Promise<Float32Array> {
    const nothing = tensor.int64([], [0, 2]);
    const outputs = await this.#session.run({ [HEAD.hidden]: hidden, [HEAD.questions]: nothing }, [HEAD.logits]);
    return float32Output(outputs, HEAD.logits);
  }

  /** Rows of hidden states as a tensor. */
  rows(data: Float32Array): Tensor {
    return tensor.float32(data, [data.length / this.hidden, this.hidden]);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
