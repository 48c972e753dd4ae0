import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import type { LossTest } from '../probes/losses.ts';
import { retention } from './retention.ts';
import { twinAccuracy } from './twin-accuracy.ts';

/**
 * A loss in either form that an exact paired test shows, over all facts, a capability or a suite. The test of twin accuracy
 * leaves out families in which both models may be guessing; a candidate that fell to chance makes a family look like that. So
 * these tests leave out nothing, at a stricter level.
 */
export function accuracyLoss(context: ComparisonContext): Finding[] {
  const { probes, policy } = context;
  if (probes.kind !== 'paired') return [];
  const { level, drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  // The same loss is not reported twice.
  const isForgotten = retention(context).length > 0;
  const known = twinAccuracy(context).flatMap((finding) => (finding.kind === 'twin-accuracy' ? [finding] : []));
  const isKnown = ({ form, capability, suite }: LossTest) => {
    if (form === 'benchmark') return isForgotten;
    return known.some((other) => other.capability === null || (suite === null && other.capability === capability));
  };
  const limitOf = ({ capability, suite }: LossTest) => (capability === null && suite === null ? drop : partDrop);
  const shown = probes.evaluation.comparison.losses.filter(
    (loss) => loss.p < loss.alpha && -loss.change >= limitOf(loss),
  );
  // What all facts together lost needs no list of its parts.
  const whole = new Set(shown.filter(isOfEverything).map(({ form }) => form));
  return shown
    .filter((loss) => !isKnown(loss))
    .filter((loss) => isOfEverything(loss) || !whole.has(loss.form))
    .map((loss) => {
      const { alpha: _, ...rest } = loss;
      return { kind: 'accuracy-loss', level, ...rest, limit: limitOf(loss) };
    });
}

function isOfEverything({ capability, suite }: LossTest): boolean {
  return capability === null && suite === null;
}
