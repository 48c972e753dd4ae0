import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { JudgedForm } from '../../probes/item.ts';
import { exactSignFlip } from '../../statistics/sign-flip.ts';
import { accuracy, changeOf, type PairedFact } from './paired-item.ts';

/** A test for a loss of accuracy over all items of one form. */
export interface LossTest {
  readonly form: JudgedForm;
  readonly candidate: number;
  readonly baseline: number;
  readonly change: number;
  readonly items: number;
  readonly lost: number;
  readonly won: number;
  /** One-sided, exact. */
  readonly p: number;
  /** The level at which p shows a loss. */
  readonly alpha: number;
}

/**
 * Share of the policy's `alpha` for each of these two tests: they look once more at answers that the other tests have looked
 * at. With a tenth, 2,000 simulated pairs of equals still fail at most 5% of the time (test/compare/probes/simulation.slow.test.ts).
 */
const SHARE_OF_ALPHA = 0.1;

/**
 * Did the accuracy of all benchmark forms, or of all twins, fall? Exact sign-flip tests with facts as units, no family left
 * out: there is nothing to choose, so that nobody's luck decides which facts count.
 */
export function testLosses(facts: readonly PairedFact[], policy: ProbePolicy): LossTest[] {
  const alpha = SHARE_OF_ALPHA * policy['twin-accuracy'].alpha;
  return (['benchmark', 'twin'] as const).map((form) => {
    const members = facts.map(({ benchmark, twins }) => (form === 'benchmark' ? [benchmark] : twins));
    const items = members.flat();
    const changes = items.map(changeOf);
    return {
      form,
      candidate: accuracy(items, 'candidate'),
      baseline: accuracy(items, 'baseline'),
      change: changes.reduce((sum, change) => sum + change, 0) / changes.length,
      items: items.length,
      lost: changes.filter((change) => change < 0).length,
      won: changes.filter((change) => change > 0).length,
      p: exactSignFlip(members.map((own) => own.reduce((sum, item) => sum + changeOf(item), 0))),
      alpha,
    };
  });
}
