import {
  type Attention,
  attentionMixers,
  type Decoder,
  entriesIn,
  hasOwnKeys,
  type Layer,
  type Mlp,
  mixersOf,
  stateCount,
} from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';

/** Default memory for the values of one batch, without the weights, in bytes. */
export const DEFAULT_BATCH_BYTES = 512 * 1024 * 1024;

/** Longer sequences are computed in chunks. */
const MAX_TOKENS = 4096;

/** More tokens side by side do not make a CPU faster: its caches no longer hold what lies between products. */
const MAX_TOKENS_ON_CPU = 1024;

/** Batches with fewer tokens take as long: the time goes into reading the weights. */
const MIN_CHUNK = 32;

const FLOAT_BYTES = 4;

/** The share of the memory for logits; the rest is for the layers. */
const LOGIT_SHARE = 0.25;

/** More rows of hidden states do not make a product with the output matrix faster. */
const MAX_LOGIT_ROWS = 512;

/** Logits, and the values their sum is made from. */
const LOGIT_COPIES = 2;

/** Copies in plain attention: products, masked products, probabilities. Fused attention has only the products. */
const PLAIN_COPIES = 3;

/** Layers with a state hold and copy their features in several orders: measured on gated delta nets. */
const RECURRENT_COPIES = 4;
/** Copies of the features for entries: by token, in the order of the windows, and weighted. */
const ENTRY_COPIES = 3;
/** Copies of the embeddings of all layers: looked up, projected, and their sum. */
const PER_LAYER_COPIES = 3;

/** What a batch's memory depends on, apart from its size. */
export interface BatchKind {
  /** The backbone returns keys and values. */
  readonly useKvCache: boolean;
  /** Attention is not fused. */
  readonly plainAttention: boolean;
}

export class BatchBudget {
  readonly #bytes: number;
  /** Floats per token. */
  readonly #perToken: number;
  /** Most attention heads in a layer. */
  readonly #heads: number;
  /** Floats per key in the KV cache and its copies. */
  readonly #perCachedKey: number;
  readonly #vocabulary: number;
  readonly #isOnCpu: boolean;

  /** @param isOnCpu otherwise, a step takes a KV cache and returns another one */
  constructor(decoder: Decoder, bytes = DEFAULT_BATCH_BYTES, { isOnCpu = true } = {}) {
    const { hidden, layers, vocabulary, perLayerEmbeddings, hyperConnections } = decoder;
    this.#bytes = bytes;
    this.#vocabulary = vocabulary;
    const widths = layers.map((layer) => 2 * mlpWidth(layer) + 3 * mixerWidth(layer));
    const ofLayers = PER_LAYER_COPIES * (perLayerEmbeddings?.projection.output ?? 0);
    const states = stateCount(decoder) ?? hyperConnections?.count ?? 1;
    this.#perToken = 4 * hidden * states + ofLayers + Math.max(0, ...widths);
    const attentions = attentionMixers({ layers });
    this.#heads = Math.max(0, ...attentions.map(scoresPerKey));
    const perKey = attentions.reduce((sum, attention) => sum + cachedFloats(attention), 0);
    this.#isOnCpu = isOnCpu;
    this.#perCachedKey = (isOnCpu ? 1 : 2) * perKey;
  }

  /** Does a batch of B sequences of S slots that see T keys fit? */
  fits(batch: number, length: number, keys: number, kind: BatchKind): boolean {
    const most = batch > 1 && this.#isOnCpu ? MAX_TOKENS_ON_CPU : MAX_TOKENS;
    return batch * length <= most && this.#size(batch, length, keys, kind) <= this.#bytes * (1 - LOGIT_SHARE);
  }

  /**
   * How many slots of each of B sequences fit into a batch that sees `keys` keys, not counting the KV cache, which is
   * in memory anyway. At least MIN_CHUNK, since smaller batches are no faster.
   */
  chunkLength(batch: number, keys: number, { plainAttention }: BatchKind): number {
    let length = Math.max(1, Math.floor(MAX_TOKENS / batch));
    while (length > MIN_CHUNK && !this.fits(batch, length, keys, { useKvCache: false, plainAttention })) {
      length = Math.ceil(length / 2);
    }
    return length;
  }

  /** The least budget, in bytes, for the pieces of one sequence that sees `keys` keys, and for one row of logits. */
  leastBytes(keys: number): number {
    const layers = this.#size(1, MIN_CHUNK, keys, { useKvCache: false, plainAttention: true }) / (1 - LOGIT_SHARE);
    const logits = (LOGIT_COPIES * this.#vocabulary * FLOAT_BYTES) / LOGIT_SHARE;
    return Math.ceil(Math.max(layers, logits));
  }

  /** Rows of logits that fit. @param atOnce logits of a row in memory at a time */
  logitRows(atOnce: number): number {
    const rows = Math.floor((this.#bytes * LOGIT_SHARE) / (LOGIT_COPIES * atOnce * FLOAT_BYTES));
    return Math.max(1, Math.min(MAX_LOGIT_ROWS, rows));
  }

  #size(batch: number, length: number, keys: number, { useKvCache, plainAttention }: BatchKind): number {
    const perPair = (plainAttention ? PLAIN_COPIES : 1) * this.#heads + 1;
    const cached = useKvCache ? keys * this.#perCachedKey : 0;
    return batch * (length * (this.#perToken + perPair * keys) + cached) * FLOAT_BYTES;
  }
}

/** Floats of a token's keys and values in the KV cache. */
export function cachedFloats(attention: Attention): number {
  const { keyValueHeads, headDim, valueDim } = attention;
  return hasOwnKeys(attention) ? keyValueHeads * (headDim + valueDim) : 0;
}

/** Scores of a query per key, over all heads: for tokens, and a fraction for entries that stand for windows of keys. */
function scoresPerKey({ heads, projections }: Attention): number {
  const entries = entriesIn(projections);
  return entries === null ? heads : heads + (heads + (entries.indexer?.heads ?? 0)) / entries.windows.rate;
}

/** Floats per token that mixers compute from their input. */
function mixerWidth(layer: Layer): number {
  const widths = mixersOf(layer).map((mixer) =>
    mixer.kind === 'attention'
      ? (mixer.heads + mixer.keyValueHeads) * mixer.headDim +
        (mixer.projections.kind === 'compressed' ? ENTRY_COPIES * mixer.valueDim : 0)
      : RECURRENT_COPIES * (mixer.convolution.channels + mixer.output.input + (recurrentShape(mixer).ngrams ?? 0)),
  );
  return widths.reduce((sum, width) => sum + width, 0);
}

function mlpWidth({ mlp, beside }: Layer): number {
  return (mlp === null ? 0 : innerWidth(mlp)) + (beside === undefined ? 0 : innerWidth(beside.experts));
}

function innerWidth(mlp: Mlp): number {
  switch (mlp.kind) {
    case 'experts':
      return mlp.expert(0).up.output * mlp.perToken + (mlp.shared === null ? 0 : innerWidth(mlp.shared.mlp));
    case 'gated-fused':
      return mlp.gateUp.output / 2;
    default:
      return mlp.up.output;
  }
}
