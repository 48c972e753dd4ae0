import type { ProbeComparison } from './comparison.ts';
import { accuracies, countChanges, type PairedFact } from './paired-item.ts';

/**
 * The benchmark form with something irrelevant added, beside the benchmark form of the same facts as the exam asks it. A
 * memorized answer stays right in both, so this decides nothing.
 * @returns null if there is no such form
 */
export function robustnessOf(facts: readonly PairedFact[]): ProbeComparison['robustness'] {
  const having = facts.filter(({ robustness }) => robustness.length > 0);
  if (having.length === 0) return null;
  const distracted = having.flatMap(({ robustness }) => robustness);
  return {
    facts: having.length,
    benchmark: accuracies(having.map(({ exam }) => exam)),
    distracted: accuracies(distracted),
    ...countChanges(distracted),
  };
}
