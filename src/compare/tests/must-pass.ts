import { itemKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { mustPassSuites } from '../../policy/apart.ts';
import { listedFiles, type ProbePolicy } from '../../policy/probe-policy.ts';
import type { MustPassRow } from '../rows/apart.ts';
import { MAX_ANSWER, MAX_PROMPT, shortened } from '../rows/item-table.ts';

export interface ProbedSides {
  readonly candidate: MeasuredProbes;
  readonly baseline: MeasuredProbes | null;
}

/** By the policy or a measurement: a candidate can neither remove the mark nor omit the file. */
export function mustPassRows(
  { candidate, baseline }: ProbedSides,
  policy: Pick<ProbePolicy, 'probes'>,
  withheld: ReadonlySet<string>,
): MustPassRow[] {
  const known = new Map(baseline?.items.map((item) => [itemKey(item), item]));
  const names = new Set([
    ...mustPassSuites(listedFiles(policy.probes)),
    ...[candidate, baseline].flatMap((side) => side?.suites.filter(isMustPass).map(({ name }) => name) ?? []),
  ]);
  return [...names].map((name) => {
    const own = candidate.suites.find((suite) => suite.name === name);
    const theirs = baseline?.suites.find((suite) => suite.name === name);
    // With another role, it is another suite.
    const items = own !== undefined && isMustPass(own) ? candidate.items.filter(({ suite }) => suite === name) : [];
    const isSame = own !== undefined && own.digest === theirs?.digest;
    const sizes = [own, theirs].flatMap((suite) => suite?.items ?? []);
    return {
      suite: name,
      questions: sizes.length === 0 ? null : Math.max(...sizes),
      asked: items.length,
      broken: items
        .filter((item) => !isAlwaysRight(item))
        .map((item) => describe(item, isSame ? known.get(itemKey(item)) : undefined, withheld)),
    };
  });
}

function isMustPass({ role }: MeasuredProbes['suites'][number]): boolean {
  return role === 'must-pass';
}

/** Every sampled answer has to be right. */
function isAlwaysRight({ correct, samples }: ProbeItemMeasurement): boolean {
  return samples === undefined ? correct : samples.correct === samples.of;
}

function describe(item: ProbeItemMeasurement, before: ProbeItemMeasurement | undefined, withheld: ReadonlySet<string>) {
  const { suite, id, prompt, right, given } = item;
  const baseline = before === undefined ? null : isAlwaysRight(before);
  if (withheld.has(suite)) return { suite, id, question: null, right: null, given: null, baseline };
  return {
    suite,
    id,
    question: prompt && shortened(prompt, MAX_PROMPT),
    right: shortened(right, MAX_ANSWER),
    given: shortened(given, MAX_ANSWER),
    baseline,
  };
}
