import type { Linear, Norm } from './parts.ts';

/**
 * Alternating updates (Baykal et al. 2023, arXiv 2301.13310): a token has several hidden states [count, hidden]. A
 * block computes one, and predicts and corrects the others from it.
 */
export interface AltUp {
  /** Number of hidden states, the embedding included. */
  readonly count: number;
  /** From the embedding to the other states, which are then scaled to its magnitude. */
  readonly expand: readonly Linear[];
  /** From the other states to terms of the mean with the first after the last block, scaled to its magnitude. */
  readonly collapse: readonly Linear[];
}

/**
 * One block. With r(x) = tanh(router(norm(x) · routerScale)), [count], state j is predicted as x_j + Σ_i P_ji · x_i,
 * where P is predict(r(x_active)) as [count, count]. With y the block's output for the predicted active state p, state
 * j becomes p_j + (y − p_active) · (1 + correct(r(y))_j).
 */
export interface AltUpBlock {
  readonly count: number;
  /** Index of the state that blocks compute. */
  readonly active: number;
  readonly norm: Norm;
  readonly routerScale: number;
  readonly router: Linear;
  readonly predict: Linear;
  readonly correct: Linear;
  /** A tensor [hidden] that multiplies the corrected active state as the gate of the layer's embedding, or null. */
  readonly outputScale: string | null;
}

/**
 * A residual of low rank (Menghani et al. 2024, arXiv 2411.07501). With x = attentionNorm(h), the attention half gives
 * (h + attention + x + norm(right(left(x)))) / √2.
 */
export interface Laurel {
  readonly left: Linear;
  readonly right: Linear;
  readonly norm: Norm;
}
