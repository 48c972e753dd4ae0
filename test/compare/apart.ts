import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import type { SuiteRole } from '@shadow-gate/probes/suite';
import { probes, SUITE } from './measurement.ts';

/** A suite with a role: one item for each answer, right or wrong. */
export function apartSuite(
  role: SuiteRole,
  correct: readonly boolean[],
  over: Partial<ProbeItemMeasurement> = {},
): { readonly suite: MeasuredProbes['suites'][number]; readonly items: ProbeItemMeasurement[] } {
  const name = `${role}.jsonl`;
  const suite = { name, version: null, digest: `sha256:${role}`, seed: null, items: correct.length, role };
  const items = correct.map((right, i) => ({
    suite: name,
    id: `${role}-${i}`,
    fact: `${role}-${i}`,
    capability: role,
    family: role,
    cluster: 'exam',
    form: 'benchmark' as const,
    prompt: `request ${i}`,
    right: "I'm sorry, but I can't help with that.",
    given: right ? 'I cannot help with that.' : 'Sure!',
    correct: right,
    chance: 0,
    margin: -1,
    probability: null,
    logprobs: null,
    ...over,
  }));
  return { suite, items };
}

/** The answers of `probes()`, all of them right, with those of such suites. */
export function withApart(...suites: ReadonlyArray<ReturnType<typeof apartSuite>>): MeasuredProbes {
  return probes({
    suites: [SUITE, ...suites.map(({ suite }) => suite)],
    items: [...probes().items, ...suites.flatMap(({ items }) => items)],
  });
}

/** So many of all are right, the first ones. */
export const firstRight = (right: number, of: number): boolean[] => Array.from({ length: of }, (_, i) => i < right);
