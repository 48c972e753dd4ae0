import type { Linear, Norm } from './parts.ts';

/** From the output of a linear layer to the chosen experts and their weights. */
export interface Router {
  readonly linear: Linear;
  /** Another name of its module. */
  readonly alias: string | null;
  /** Scores of logits: a softmax over all experts, or a sigmoid or √softplus of each. */
  readonly scores: 'softmax' | 'sigmoid' | 'sqrt-softplus' | Sparsemixer;
  /** Added to the scores for the choice, but not to the weights (Wang et al. 2024, arXiv 2408.15664). */
  readonly correction: { readonly tensor: string; readonly shape: readonly number[] } | null;
  /** Experts are only chosen from the best groups (DeepSeek-V3, arXiv 2412.19437). */
  readonly groups: RouterGroups | null;
  /** Division of the chosen experts' weights by their sum, or null. */
  readonly normalize: RouterNormalization | null;
  /** Integers [vocabulary, perToken]: the experts of each token, whatever their scores are (DeepSeek-V4). */
  readonly byToken?: { readonly tensor: string; readonly vocabulary: number };
  /** Factor of the weights after that. */
  readonly scale: number;
  /** A tensor [count] of factors of each expert's weights, at last (Gemma 4). */
  readonly expertScales?: string;
  /** The router sees norm(x) · gain · scale, with a tensor [hidden] as gain (Gemma 4), not x. */
  readonly input?: { readonly norm: Norm; readonly gain: string; readonly scale: number };
}

/**
 * The two largest logits are chosen. A choice's weight is its softmax among the experts not yet chosen whose logit s is
 * close to its own, m: (m − s) / max(|s|, m) ≤ 2 · jitter (SparseMixer, arXiv 2409.12136, section 2).
 */
export interface Sparsemixer {
  readonly kind: 'sparsemixer';
  readonly jitter: number;
}

export interface RouterGroups {
  readonly count: number;
  readonly chosen: number;
  /** A group's score: the sum of its two best experts', or its best one's. */
  readonly score: 'best two' | 'best';
  /** Scores of experts in other groups are set to this. */
  readonly others: number;
}

interface RouterNormalization {
  /** Added to the sum. */
  readonly added: number;
  /** The sum counts as at least this much. */
  readonly least: number;
}
