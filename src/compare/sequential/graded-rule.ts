import { likelihoodChange } from '../pairing/graded.ts';
import type { FailingFall, GradedSum } from '../tests/graded-losses.ts';
import type { FindingIdentity } from './harm-rule.ts';

/** A fall of answer likelihood that is reported, and the loss of expected accuracy that a pass rules out. */
export interface GradedRule extends GradedSum {
  readonly of: FindingIdentity;
  /** Nats per byte. */
  readonly limit: number;
  /** The falls that are failures: either of these. */
  readonly failing: readonly FailingFall[];
  /**
   * The loss of expected accuracy that a pass rules out in addition to this fall. Null for a part: only a fall that is
   * shown counts.
   */
  readonly margin: number | null;
}

/** Does every answer have graded outcomes? The facts are the baseline's, paired with itself. */
export function isGraded({ facts, itemsOf }: GradedSum): boolean {
  return facts.length > 0 && facts.every((fact) => itemsOf(fact).every((item) => likelihoodChange(item) !== null));
}
