import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { retention } from './retention.ts';
import { twinAccuracy } from './twin-accuracy.ts';

/**
 * A loss over all facts, in either form, that an exact paired test shows. The test of twin accuracy leaves out families in
 * which both models may be guessing; a candidate that fell to chance makes a family look like that. So this test leaves out
 * nothing, at a stricter level (`ALL_FACTS_SHARE` of `alpha`).
 */
export function accuracyLoss(context: ComparisonContext): Finding[] {
  const { probes, policy } = context;
  if (probes.kind !== 'paired') return [];
  const { level, drop } = policy['twin-accuracy'];
  // The same loss is not reported twice.
  const isForgotten = retention(context).length > 0;
  const isKnown = twinAccuracy(context).some(
    (finding) => finding.kind === 'twin-accuracy' && finding.capability === null,
  );
  return probes.evaluation.losses
    .filter(({ form }) => (form === 'benchmark' ? !isForgotten : !isKnown))
    .filter(({ p, alpha, change }) => p < alpha && -change >= drop)
    .map(({ alpha: _, ...loss }) => ({ kind: 'accuracy-loss', level, ...loss, limit: drop }));
}
