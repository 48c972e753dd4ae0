import type { Linear, Norm } from './parts.ts';

/**
 * Compressed attention (DeepSeek-V4): one vector of a token is its key and value for all heads, and farther tokens are
 * seen as entries for windows of tokens. The heads' output is rotated back by the query's position.
 */
export interface Compressed {
  readonly kind: 'compressed';
  /** To [heads, headDim]. The indexer also takes the output of the norm. */
  readonly query: { readonly down: Linear; readonly norm: Norm; readonly up: Linear };
  /** To [headDim]. */
  readonly keyValue: Linear;
  /** Null for a layer that sees only the tokens in its window. */
  readonly entries: TokenEntries | null;
  /** Heads in `count` groups, each with its own rows of a tensor [count · rank, heads · headDim / count]. */
  readonly outputGroups: { readonly tensor: string; readonly count: number; readonly rank: number };
}

/** A key that is its value for each window of tokens, seen from the window's last token on. */
export interface TokenEntries {
  readonly windows: TokenWindows;
  readonly compressor: Compressor;
  /** Chooses the entries that a query sees; null: all of them. */
  readonly indexer: Indexer | null;
}

/** Tokens 0 … rate − 1, rate … 2·rate − 1, and so on. An unfinished window has no entry yet. */
export interface TokenWindows {
  readonly rate: number;
  /** Entries use the first half of the previous window's features, and the second half of their own. */
  readonly overlap: boolean;
}

/**
 * An entry is norm(Σ_j softmax_j(gate(x_j) + bias_j) · value(x_j)) over its tokens, for each of `size` dimensions
 * alone, rotated by the position of its window's first token.
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

/** Features of a token from which entries are made, in order. */
export function entryFeatures({ compressor, indexer }: TokenEntries): readonly Linear[] {
  return [compressor, ...(indexer === null ? [] : [indexer.compressor])].flatMap(({ value, gate }) => [value, gate]);
}
