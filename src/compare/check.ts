import type { ComparisonContext } from './context.ts';
import type { Finding } from './finding.ts';
import type { StoppingRules } from './sequential/plan.ts';

/** The subject of a check. Findings of one level are reported in this order. */
export type CheckSubject = 'sides' | 'answers' | 'stops' | 'texts' | 'benchmarks' | 'keys' | 'spectra';

/** What checks found, by what they look at. */
export type FoundBySubject = Readonly<Record<CheckSubject, readonly Finding[]>>;

/** The first phase: pure, and independent of what other checks find. */
type Find = (context: ComparisonContext) => Finding[];

/**
 * The second phase, for what depends on other findings: pure as well. These run in the order of the list; each sees the
 * findings of the whole first phase, and of the second those before it.
 */
type FindAfter = (context: ComparisonContext, found: FoundBySubject) => Finding[];

/** One check: most are a function, those with more to say an object. */
export type Check =
  | Find
  | ({ readonly find: Find } & StoppingRules)
  | ({ readonly findAfter: FindAfter } & StoppingRules);

/** Checks of one subject. */
export interface CheckGroup {
  readonly about: CheckSubject;
  /** Missing: always. */
  readonly runIf?: (context: ComparisonContext) => boolean;
  readonly checks: readonly Check[];
}
