import type { ModuleType } from '../checkpoint/module-type.ts';
import type { MaybeBounded } from '../statistics/bounded.ts';
import type { Scope } from './finding.ts';

/** One number of the candidate beside the same number of the baseline. */
export interface MetricPair {
  readonly metric: string;
  readonly of: 'weight' | 'delta';
  readonly statistic: 'model' | 'median' | 'weightedMean' | 'each';
  readonly module: ModuleType | null;
  readonly scope: Scope;
  readonly candidate: MaybeBounded;
  readonly baseline: MaybeBounded;
}

/** One weight matrix of the candidate beside the baseline's, where there is one. */
export interface WeightPair {
  readonly name: string;
  /** Matrices with the same key are of one module type (and component). */
  readonly group: string;
  readonly candidate: WeightSummary;
  readonly baseline: WeightSummary | null;
}

export interface WeightSummary {
  readonly topEnergy: number;
  /** Null where it was measured fast. */
  readonly rank: number | null;
}
