import type { ComparisonContext } from './context.ts';
import type { Finding } from './finding.ts';
import type { StoppingRules } from './sequential/plan.ts';

/** The subject of a check. Findings of one level are reported in this order. */
export type CheckSubject = 'sides' | 'answers' | 'stops' | 'texts' | 'benchmarks' | 'keys' | 'spectra';

export type FoundBySubject = Readonly<Record<CheckSubject, readonly Finding[]>>;

/** The first phase: pure, and independent of other findings. */
type Find = (context: ComparisonContext) => Finding[];

/** The second phase, pure too: sees all findings of the first phase, and those of the second earlier in the list. */
type FindAfter = (context: ComparisonContext, found: FoundBySubject) => Finding[];

export type Check =
  | Find
  | ({ readonly find: Find } & StoppingRules)
  | ({ readonly findAfter: FindAfter } & StoppingRules);

export interface CheckGroup {
  readonly about: CheckSubject;
  readonly runIf?: (context: ComparisonContext) => boolean;
  readonly checks: readonly Check[];
}
