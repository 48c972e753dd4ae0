import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gravestOf, listedLevel, type SuiteLevel } from '../../policy/suite-tier.ts';
import { poolOf, type SuitePool } from '../pairing/pool.ts';
import type { BenchmarkPairing } from './pair.ts';

type Nested = Pick<BenchmarkPairing, 'parents'>;

/** Its own level in the policy, or the gravest of its groups. */
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

export function poolOfBenchmarks(pairing: Pick<BenchmarkPairing, 'tasks' | 'parents'>, policy: ProbePolicy): SuitePool {
  return poolOf(
    pairing.tasks.map(({ name }) => name),
    (name) => benchmarkLevel(name, pairing, policy),
  );
}
