import type { Both, ProbeComparison } from './comparison.ts';
import { accuracy, changeOf, type PairedFact, type PairedItem } from './paired-item.ts';

/**
 * The benchmark form with something irrelevant added, beside the benchmark form of the same facts as the exam asks it. A
 * memorized answer stays right in both, so this decides nothing.
 * @returns null if there is no such form
 */
export function robustnessOf(facts: readonly PairedFact[]): ProbeComparison['robustness'] {
  const having = facts.filter(({ robustness }) => robustness.length > 0);
  if (having.length === 0) return null;
  const distracted = having.flatMap(({ robustness }) => robustness);
  const changes = distracted.map(changeOf);
  return {
    facts: having.length,
    benchmark: both(having.map(({ exam }) => exam)),
    distracted: both(distracted),
    lost: changes.filter((change) => change < 0).length,
    won: changes.filter((change) => change > 0).length,
  };
}

function both(items: readonly PairedItem[]): Both {
  return { baseline: accuracy(items, 'baseline'), candidate: accuracy(items, 'candidate') };
}
