import type { ModuleType } from '@shadow-gate/checkpoints/naming';
import type { MaybeBounded } from '@shadow-gate/spectra/bounded';
import type { Scope } from '../finding.ts';

export interface MetricPair {
  readonly metric: string;
  readonly of: 'weight' | 'delta';
  readonly statistic: 'model' | 'median' | 'weightedMean' | 'each';
  readonly module: ModuleType | null;
  readonly scope: Scope;
  readonly candidate: MaybeBounded;
  readonly baseline: MaybeBounded;
  /** Both have an update of low rank there: see `low-rank.ts`. */
  readonly isLowRank: boolean;
}

export interface WeightPair {
  readonly name: string;
  /** Matrices with the same key are of one module type (and component). */
  readonly group: string;
  readonly module: ModuleType;
  /** [m, n]. */
  readonly shape: readonly [number, number];
  readonly candidate: WeightSummary;
  readonly baseline: WeightSummary | null;
}

export interface WeightSummary {
  /** Bound of the rounding's effect on any σ; `hides`: above 10⁻² σ₁. Null: not measured. */
  readonly rounding: { readonly sigma: number; readonly hides: boolean } | null;
  readonly topEnergy: number;
  /** Numbers of directions; null: not measured, by `fast` or by an older version. */
  readonly ranks: {
    /** Above 10⁻⁶ σ₁. */
    readonly any: number | null;
    /** Above the rounding of the dtype. */
    readonly aboveRounding: number | null;
    /** Above 10⁻² σ₁: the loss of one of these counts. */
    readonly strong: number | null;
  };
  /** Rows that are zero; null where they are not counted, which only those of embeddings and lm_head are. */
  readonly zeroRows: number | null;
  /** σ at some of the ranks, from 0 on, largest first. */
  readonly profile: ReadonlyArray<{ readonly rank: number; readonly sigma: number }>;
}
