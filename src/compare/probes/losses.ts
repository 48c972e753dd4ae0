import type { z } from 'zod';
import { at } from '../../platform/at.ts';
import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { JUDGED_FORMS, type JudgedForm } from '../../probes/item.ts';
import { holm } from '../../statistics/holm.ts';
import { exactSignFlip } from '../../statistics/sign-flip.ts';
import type { lossRowSchema } from './comparison.ts';
import { accuracy, changeOf, countChanges, type PairedItem } from './paired-item.ts';

/** A test for a loss of accuracy over all items of one form. */
export type LossTest = z.infer<typeof lossRowSchema>;
/** What it is about: everything (both null), one capability, or one suite. */
export type LossScope = Pick<LossTest, 'capability' | 'suite'>;

/**
 * Share of the policy's `alpha` for each of the two tests over everything, and for all tests of capabilities and suites
 * together: they look once more at answers that the other tests have looked at. With a tenth, simulated pairs of equals still
 * fail at most 5% of the time (docs/decisions/010-twins.md).
 */
const SHARE_OF_ALPHA = 0.1;

/** The level of each of the two tests over everything, and of all other tests together. */
export function alphaOfLosses(policy: ProbePolicy): number {
  return SHARE_OF_ALPHA * policy['twin-accuracy'].alpha;
}

/** Items that rise and fall together. */
type Unit = readonly PairedItem[];

/**
 * Did the accuracy of benchmark forms, or of twins, fall: of all, of a capability, of a suite? Exact sign-flip tests with
 * facts as units, no family left out: there is nothing to choose, so that nobody's luck decides which facts count, and a
 * candidate that fell to chance does not hide behind its guesses. What the baseline guessed cannot be lost significantly.
 * @param units benchmark forms, one by one, and the twins of each fact
 */
export function testLosses(
  units: Readonly<Record<JudgedForm, readonly (readonly PairedItem[])[]>>,
  policy: ProbePolicy,
): LossTest[] {
  const alpha = alphaOfLosses(policy);
  const test = (form: JudgedForm, members: readonly Unit[], scope: LossScope): LossTest[] => {
    const items = members.flat();
    if (items.length === 0) return [];
    const changes = items.map(changeOf);
    const tested: LossTest = {
      ...scope,
      form,
      candidate: accuracy(items, 'candidate'),
      baseline: accuracy(items, 'baseline'),
      change: changes.reduce((sum, change) => sum + change, 0) / changes.length,
      items: items.length,
      ...countChanges(items),
      p: exactSignFlip(members.map((own) => own.reduce((sum, item) => sum + changeOf(item), 0))),
      alpha,
    };
    return [tested];
  };
  const whole = JUDGED_FORMS.flatMap((form) => test(form, units[form], { capability: null, suite: null }));
  const parts = JUDGED_FORMS.flatMap((form) => [
    ...partsOf(units[form], 'capability').flatMap(([capability, own]) => test(form, own, { capability, suite: null })),
    ...partsOf(units[form], 'suite').flatMap(([suite, own]) => test(form, own, { capability: null, suite })),
  ]);
  const adjusted = holm(parts.map(({ p }) => p));
  return [...whole, ...parts.map((part, i) => ({ ...part, p: at(adjusted, i) }))];
}

/** One part alone is everything. */
function partsOf(units: readonly Unit[], key: 'capability' | 'suite'): [string, Unit[]][] {
  const parts = [...groupBy(units, ([first]) => first?.[key] ?? '')];
  return parts.length > 1 ? parts : [];
}
