import { BUILTIN } from '@shadow-gate/probes/suite';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import type { SuiteGain } from '../estimates/kinds.ts';
import type { Finding } from '../finding.ts';
import { exceeds, leastExceeding } from '../pairing/limits.ts';
import type { PairedFact, PairedItem } from '../pairing/paired-item.ts';
import type { ProbeEvaluation } from '../probes/evaluation.ts';
import { changeOfBenchmark, type GainRule } from '../sequential/gain-rule.ts';
import type { KnownAnswers } from '../sequential/harm-rule.ts';
import { isGainOfNearTies } from '../tests/graded-losses.ts';

/** A gain on a benchmark of the team that no twins confirm, or only format twins, which a learned answer passes too. */
export const gainNotShownCheck = { findAfter, gain } satisfies Check;

function findAfter({ probes, policy }: ComparisonContext, { answers }: FoundBySubject): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { 'minimum-gain': least, 'format-only': level } = policy['shadow-delta'];
  const judged = answers.flatMap((finding) => (finding.kind === 'shadow-delta' ? [finding.suite] : []));
  return ownGains(probes.evaluation)
    .filter(({ suite }) => !judged.includes(suite))
    .filter(({ decidedBy }) => decidedBy.every((kind) => kind === 'format'))
    .filter(({ gain: { value, lower } }) => exceeds(value, least) && lower !== null && lower > 0)
    .filter(({ suite, gain: { value } }) => !isGainOfNearTies(benchmarksOf(probes.facts, suite), value, policy))
    .map(({ suite, facts, benchmark, gain: found, decidedBy }) => ({
      kind: 'gain-not-shown',
      // Without a judge, it is not judged; `info` turns that off too.
      level: decidedBy.length > 0 || level !== 'warn' ? level : 'inconclusive',
      suite,
      facts,
      baseline: benchmark.baseline,
      candidate: benchmark.candidate,
      gain: found,
      limit: least,
      hasFormat: decidedBy.length > 0,
    }));
}

function benchmarksOf(facts: readonly PairedFact[], suite: string): PairedItem[] {
  return facts.flatMap(({ benchmark }) => (benchmark.suite === suite ? [benchmark] : []));
}

/** A gain above the policy's minimum on facts of a suite without twins that can tell a skill from a memory. */
function gain({ facts: all, evaluation }: KnownAnswers, policy: ProbePolicy): GainRule[] {
  const strong = evaluation.kinds.filter(({ decides, row }) => decides && row.kind !== 'format');
  const observed = strong.flatMap(({ delta }) => delta?.observations ?? []);
  const judged = new Set(observed.flatMap(({ benchmark }) => benchmark?.id ?? []));
  return ownGains(evaluation)
    .map(({ suite }): GainRule => {
      const facts = all.filter(({ benchmark }) => benchmark.suite === suite && !judged.has(benchmark.id));
      const least = leastExceeding(policy['shadow-delta']['minimum-gain'], facts.length);
      const numbers = { excess: changeOfBenchmark, most: 1, least: () => least, leastGain: null };
      return { of: { kind: 'gain-not-shown', suite }, view: null, facts, ...numbers };
    })
    .filter(({ facts }) => facts.length > 0);
}

/** Nobody can have learned the questions of the built-in suite, which are drawn anew. */
function ownGains({ gains }: ProbeEvaluation): SuiteGain[] {
  return gains.filter(({ suite }) => suite !== BUILTIN);
}
