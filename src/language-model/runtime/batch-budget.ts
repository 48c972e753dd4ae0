import type { Decoder, Mlp } from '../architectures/decoder.ts';

/** Memory for the values of one pass, beside weights: the default, in bytes. */
export const DEFAULT_BATCH_BYTES = 512 * 1024 * 1024;

/** More tokens in a pass do not make it faster: the products are as fast as they get. */
const MAX_TOKENS = 4096;

/** Fewer tokens in a pass take as long as these: what takes time is reading the weights. */
const MIN_PIECE = 32;

const FLOAT_BYTES = 4;

/** The share of it that logits may take; the rest is for the layers. */
const LOGIT_SHARE = 0.25;

/** What plain attention holds at a time: products, products and mask, shares. The fused one holds the products only. */
const PLAIN_COPIES = 3;

/** How a pass runs: `keep` for keys and values, `plain` for attention that is not fused. */
export interface PassKind {
  readonly keep: boolean;
  readonly plain: boolean;
}

/** How much a pass may hold. */
export class BatchBudget {
  readonly #bytes: number;
  /** Floats a token, a pair of slot and key, and a key that is kept. */
  readonly #perToken: number;
  readonly #heads: number;
  readonly #perKept: number;

  constructor({ hidden, layers }: Decoder, bytes = DEFAULT_BATCH_BYTES) {
    this.#bytes = bytes;
    const widths = layers.map(
      ({ mlp, attention }) => 2 * innerWidth(mlp) + 3 * (attention.heads + attention.keyValueHeads) * attention.headDim,
    );
    this.#perToken = 4 * hidden + Math.max(0, ...widths);
    this.#heads = Math.max(0, ...layers.map(({ attention }) => attention.heads));
    this.#perKept = layers.reduce((sum, { attention }) => sum + 2 * attention.keyValueHeads * attention.headDim, 0);
  }

  /** Does a pass of B sequences of S slots that see T keys fit? */
  fits(batch: number, length: number, keys: number, kind: PassKind): boolean {
    return batch * length <= MAX_TOKENS && this.#size(batch, length, keys, kind) <= this.#bytes * (1 - LOGIT_SHARE);
  }

  /**
   * How many slots of each of B sequences go into a pass where `keys` keys are seen, beside keys and values, which are
   * there in any case. Never so few that it would crawl.
   */
  longest(batch: number, keys: number, { plain }: PassKind): number {
    let length = Math.max(1, Math.floor(MAX_TOKENS / batch));
    while (length > MIN_PIECE && !this.fits(batch, length, keys, { keep: false, plain }))
      length = Math.ceil(length / 2);
    return length;
  }

  /** Rows of logits that fit. */
  logitRows(vocabulary: number): number {
    const rows = Math.floor((this.#bytes * LOGIT_SHARE) / (2 * vocabulary * FLOAT_BYTES));
    return Math.max(1, Math.min(MAX_TOKENS, rows));
  }

  #size(batch: number, length: number, keys: number, { keep, plain }: PassKind): number {
    const perPair = (plain ? PLAIN_COPIES : 1) * this.#heads + 1;
    const kept = keep ? keys * this.#perKept : 0;
    return batch * (length * (this.#perToken + perPair * keys) + kept) * FLOAT_BYTES;
  }
}

function innerWidth(mlp: Mlp): number {
  switch (mlp.kind) {
    case 'experts':
      return mlp.expert(0).up.output * mlp.perToken;
    case 'gated-fused':
      return mlp.gateUp.output / 2;
    default:
      return mlp.up.output;
  }
}
