import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gravestOf, listedLevel, type SuiteLevel } from '../../policy/suite-tier.ts';
import { poolOf, type SuitePool } from '../pairing/pool.ts';
import type { BenchmarkPairing } from './pair.ts';

type Nested = Pick<BenchmarkPairing, 'parents'>;

/** The level of a task or group: its own in the policy, or that of a group which it is in. */
export function benchmarkLevel(name: string, { parents }: Nested, policy: ProbePolicy): SuiteLevel {
  return knownLevel(name, parents, policy) ?? 'fail';
}

function knownLevel(
  name: string,
  parents: Nested['parents'],
  policy: ProbePolicy,
  below: readonly string[] = [],
): SuiteLevel | null {
  const own = listedLevel(name, policy);
  if (own !== null || below.includes(name)) return own;
  const above = (parents.get(name) ?? []).flatMap(
    (group) => knownLevel(group, parents, policy, [...below, name]) ?? [],
  );
  return above.length === 0 ? null : gravestOf(above);
}

/** The tasks that are tested together. */
export function poolOfBenchmarks(pairing: Pick<BenchmarkPairing, 'tasks' | 'parents'>, policy: ProbePolicy): SuitePool {
  return poolOf(
    pairing.tasks.map(({ name }) => name),
    (name) => benchmarkLevel(name, pairing, policy),
  );
}
