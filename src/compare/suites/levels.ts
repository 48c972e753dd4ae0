import { BUILTIN } from '@shadow-gate/probes/suite';
import { benchmarkLevel, poolOfBenchmarks } from '../benchmarks/judge.ts';
import type { CheckSubject, ComparisonContext } from '../check.ts';
import { type Finding, findingTraits, mildestOf } from '../finding.ts';
import { suiteLevel } from '../pairing/pool.ts';

/** The gravest level of a finding about answers by its suite, or for a loss over everything by the pool. Null: any. */
export function levelOfSuites(
  finding: Finding,
  about: CheckSubject,
  { policy, probes, benchmarks }: ComparisonContext,
) {
  const suite = suiteOf(finding);
  const isOfAll = findingTraits(finding.kind).isDeficit === true || finding.kind === 'not-informative';
  if (about !== 'answers' && about !== 'benchmarks') return null;
  // A broken must-pass question belongs to no pool.
  if (finding.kind === 'must-pass-broken') return null;
  if (suite !== null) return benchmarks ? benchmarkLevel(suite, benchmarks, policy) : suiteLevel(suite, policy);
  if (!isOfAll) return null;
  if (about === 'benchmarks') return benchmarks && poolOfBenchmarks(benchmarks, policy).level;
  return probes.kind === 'paired' ? probes.evaluation.pool.level : null;
}

/** The only suite, task or group of a finding. */
export function suiteOf(finding: Finding): string | null {
  if (finding.kind === 'level-lost') return BUILTIN;
  if ('suite' in finding) return finding.suite;
  return 'task' in finding ? finding.task : null;
}

export function withSuiteLevel(finding: Finding, about: CheckSubject, context: ComparisonContext): Finding {
  const gravest = levelOfSuites(finding, about, context);
  const level = gravest === null ? finding.level : mildestOf(gravest, finding.level);
  return level === finding.level ? finding : { ...finding, level };
}
