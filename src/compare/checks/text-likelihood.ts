import type { ComparisonContext } from '../check.ts';
import { otherTexts } from '../estimates/texts.ts';
import type { Finding } from '../finding.ts';

export function textLikelihoodCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level, limit } = policy['text-likelihood'];
  const fallen = probes.evaluation.comparison.texts.flatMap(({ suite, texts, change }): Finding[] => {
    if (change === null || change.upper >= -limit) return [];
    const { value, standardError, upper } = change;
    return [{ kind: 'text-likelihood', level, suite, texts, change: value, standardError, upper, limit }];
  });
  return [...fallen, ...otherTexts(probes.probes, probes.baseline, policy)];
}
