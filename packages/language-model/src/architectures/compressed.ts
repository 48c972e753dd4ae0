import type { Linear, Norm } from './parts.ts';

/**
 * Compressed attention (DeepSeek-V4): one vector of a token is its key and its value for all heads, and farther tokens
 * are seen as entries, each of which stands for a window of tokens. What the heads return is rotated back by the
 * query's position.
 */
export interface Compressed {
  readonly kind: 'compressed';
  /** To [heads, headDim]. The indexer takes what is behind the norm as well. */
  readonly query: { readonly down: Linear; readonly norm: Norm; readonly up: Linear };
  /** To [headDim]. */
  readonly keyValue: Linear;
  /** Null for a layer that sees the tokens in its window alone. */
  readonly entries: TokenEntries | null;
  /** Heads in `count` groups, each through its own rows of a tensor [count · rank, heads · headDim / count]. */
  readonly outputGroups: { readonly tensor: string; readonly count: number; readonly rank: number };
}

/** One more key that is its value for every window of tokens, seen by the last of them and all after it. */
export interface TokenEntries {
  readonly windows: TokenWindows;
  readonly compressor: Compressor;
  /** Chooses the entries that a query sees; null: it sees them all. */
  readonly indexer: Indexer | null;
}

/** Tokens 0 … rate − 1, rate … 2·rate − 1, and so on; those of an unfinished window have no entry yet. */
export interface TokenWindows {
  readonly rate: number;
  /**
   * An entry is made of the tokens of the window before, too: the first half of their features, and the second half of
   * its own tokens'.
   */
  readonly overlap: boolean;
}

/**
 * An entry is norm(Σ_j softmax_j(gate(x_j) + bias_j) · value(x_j)) over its tokens, for each of `size` dimensions on
 * its own, rotated by the position of the first token of its window.
 */
export interface Compressor {
  /** To [size], or [2, size] where windows overlap. */
  readonly value: Linear;
  readonly gate: Linear;
  /** A tensor [rate, size], or [rate, 2 · size]. */
  readonly positionBias: string;
  readonly norm: Norm;
  readonly size: number;
}

/**
 * A query sees the `most` entries with the largest Σ_h w_h · relu(q_h · k) / √size / √heads, with an entry k of its own
 * compressor and w = weights(x) (lightning indexer of DeepSeek-V3.2).
 */
export interface Indexer {
  readonly compressor: Compressor;
  readonly heads: number;
  readonly query: Linear;
  readonly weights: Linear;
  readonly most: number;
}

/** Features of a token that entries are made of, one after the other. */
export function entryFeatures({ compressor, indexer }: TokenEntries): readonly Linear[] {
  return [compressor, ...(indexer === null ? [] : [indexer.compressor])].flatMap(({ value, gate }) => [value, gate]);
}
