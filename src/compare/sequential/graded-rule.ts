import { likelihoodChange } from '../pairing/graded.ts';
import type { FailingFall, GradedSum } from '../tests/graded-losses.ts';
import type { FindingIdentity } from './harm-rule.ts';

/** A reported fall of answer likelihood, and the loss of expected accuracy that a pass rules out. */
export interface GradedRule extends GradedSum {
  readonly of: FindingIdentity;
  /** Nats per byte. */
  readonly limit: number;
  /** Falls that fail: any of these. */
  readonly failing: readonly FailingFall[];
  /** Loss of expected accuracy that a pass also rules out. Null for a part: only a shown fall counts. */
  readonly margin: number | null;
}

/** Whether every answer has graded outcomes. The facts are the baseline's, paired with itself. */
export function isGraded({ facts, itemsOf }: GradedSum): boolean {
  return facts.length > 0 && facts.every((fact) => itemsOf(fact).every((item) => likelihoodChange(item) !== null));
}
