import type { ComparisonContext } from '../check.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import type { Finding } from '../finding.ts';
import { type BudgetUse, budgetUse, type CountedFacts, countFacts } from '../probes/enough-facts.ts';

/** Too few facts to conclude anything: no check of answers runs. What could not be asked still counts. */
export function tooFewFactsCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline } = context;
  const counted = countFacts(context);
  if (counted === null || counted.facts >= LEAST_FACTS) return [];
  const use = budgetUse(candidate) ?? (baseline && budgetUse(baseline));
  return [tooFewFacts(counted, use)];
}

export function tooFewFacts(counted: CountedFacts, use: BudgetUse | null): Finding {
  return {
    kind: 'too-few-facts',
    level: 'inconclusive',
    ...counted,
    least: LEAST_FACTS,
    budget: use && { seconds: use.seconds, leastSeconds: use.leastSeconds, all: use.all, allSeconds: use.allSeconds },
  };
}
