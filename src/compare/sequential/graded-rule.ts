import { likelihoodChange } from '../probes/graded.ts';
import type { confirmations, GradedSum } from '../probes/graded-losses.ts';
import type { FindingIdentity } from './harm-rule.ts';

/** A fall of answer likelihood that is reported, beside the loss of expected accuracy that a pass rules out. */
export interface GradedRule extends GradedSum {
  readonly of: FindingIdentity;
  /** Nats per byte. */
  readonly limit: number;
  /** What both have to be below for the fall to be a failure: either of these. */
  readonly confirmations: ReturnType<typeof confirmations>;
  /** The loss of expected accuracy that a pass rules out beside this fall; null: of a part, only a fall that is shown counts. */
  readonly margin: number | null;
}

/** Every answer has graded outcomes: those of the baseline beside itself. */
export function isGraded({ facts, itemsOf }: GradedSum): boolean {
  return facts.length > 0 && facts.every((fact) => itemsOf(fact).every((item) => likelihoodChange(item) !== null));
}
