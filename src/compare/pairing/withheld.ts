import type { ComparisonContext } from '../context.ts';
import { measuredProbes } from './hide-texts.ts';

/**
 * Suites of which a report shows no text: private ones, and those whose texts one side hides, also where the other side
 * has texts that could not be hashed.
 */
export function withheldSuites({
  candidate,
  baseline,
  policy,
}: Pick<ComparisonContext, 'candidate' | 'baseline' | 'policy'>): Set<string> {
  const suites = [candidate, baseline].flatMap((measurement) => measuredProbes(measurement)?.suites ?? []);
  const isWithheld = ({ version, texts }: (typeof suites)[number]) =>
    texts !== undefined || (policy['probes-text'] === 'omit' && version === null);
  return new Set(suites.filter(isWithheld).map(({ name }) => name));
}
