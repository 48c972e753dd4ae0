import type { Norm } from './parts.ts';

/**
 * Hyper-connections (Zhu et al. 2024, arXiv 2409.19606) with mixing weights on the manifold of doubly stochastic
 * matrices (Xie et al. 2025, arXiv 2512.24880): each token has several streams [count, hidden], all from its embedding.
 */
export interface HyperStreams {
  /** After the last block, to one: Σ_i (σ(scale · fn(norm(x))_i + base_i) + epsilon) · x_i. */
  readonly head: HyperWeights;
}

export interface HyperBlock {
  readonly mixer: HyperConnection;
  readonly mlp: HyperConnection;
}

/**
 * With the streams x and w = scale · fn(norm(x)) + base in three parts of `count`, `count` and `count`² numbers, each
 * with its own scale: a half of a block gets Σ_i (σ(w_i) + epsilon) · x_i. With its output y, stream i becomes
 * 2·σ(w'_i) · y + Σ_j M_ji · x_j. M is the softmax of each row of w'', plus epsilon, whose columns, then rows and
 * columns in turn, are divided by their sums plus epsilon, `iterations` times.
 */
export interface HyperConnection extends HyperWeights {
  readonly iterations: number;
}

/** From all streams of a token side by side to its weights. The norm has no weight. */
export interface HyperWeights {
  readonly count: number;
  readonly norm: Norm;
  /** Tensors [weights, count · hidden], [weights] and [scales]. */
  readonly fn: string;
  readonly base: string;
  readonly scale: string;
  readonly epsilon: number;
}
