import type { Linear, Norm } from './parts.ts';

/**
 * Each token has several residual streams, [count · hidden], which all begin as its embedding (hyper-connections, Zhu
 * et al. 2024, arXiv 2409.19606, as in Qwen 4). After the last block, they are mixed to the hidden state without a
 * norm.
 */
export interface HyperConnections {
  readonly count: number;
  readonly mix: StreamMix;
}

/** With x the streams after the norm: the mean over the streams of x · σ(up(SiLU(down(x) / count))), [hidden]. */
export interface StreamMix {
  readonly count: number;
  readonly norm: Norm;
  readonly down: Linear;
  readonly up: Linear;
}

/** How half a block reads and writes the streams: stream i gets 2 · σ(inject(x) / count)_i times the output. */
export interface StreamExchange extends StreamMix {
  readonly inject: Linear;
}

export interface BlockExchanges {
  readonly mixer: StreamExchange;
  readonly mlp: StreamExchange;
}
