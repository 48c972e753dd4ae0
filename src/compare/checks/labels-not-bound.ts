import { groupBy } from '@shadow-gate/platform';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { pairWithItself } from '../pairing/pair.ts';
import type { PairedAnswers, PairedFact } from '../pairing/paired-item.ts';
import type { LabelRow } from '../rows/letters.ts';

/**
 * Suites in which the baseline (without one: the candidate) does not follow the options. Their benchmark form is judged
 * by text. What only labels can answer is not judged, and if that is most of a capability, the verdict is no pass.
 */
export function labelsNotBoundCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return findingsOn(probes, 'baseline', policy);
  if (probes.kind !== 'alone') return [];
  const { why } = probes;
  if (why.kind === 'incomparable') return findingsOn(why.answers, 'baseline', policy);
  return why.kind === 'no-baseline' ? findingsOn(pairWithItself(probes.probes), 'candidate', policy) : [];
}

function findingsOn(answers: PairedAnswers, side: 'candidate' | 'baseline', policy: ProbePolicy): Finding[] {
  return answers.labels.filter(({ works }) => !works).map((row) => findingOn(row, { answers, side, policy }));
}

function findingOn(
  { suite, items, why, ...row }: LabelRow,
  {
    answers: { facts, unjudged },
    side,
    policy,
  }: { readonly answers: PairedAnswers; readonly side: 'candidate' | 'baseline'; readonly policy: ProbePolicy },
): Finding {
  const isOwn = ({ exam }: PairedFact) => exam.suite === suite;
  const judged = facts.filter(isOwn);
  const left = unjudged.filter(isOwn);
  const [most] = row.baseline ?? row.candidate;
  return {
    kind: 'labels-not-bound',
    level: leavesLittle(judged, left, policy) ? 'inconclusive' : 'info',
    suite,
    side,
    why,
    items,
    most: most ?? null,
    byText: judged.filter(({ benchmark, exam }) => benchmark !== exam).length,
    unjudged: left.length,
  };
}

/** In a capability that the policy requires, more facts of this suite are not judged than are. */
function leavesLittle(judged: readonly PairedFact[], left: readonly PairedFact[], { require }: ProbePolicy): boolean {
  const capabilityOf = ({ exam }: PairedFact) => exam.capability;
  const covered = groupBy(judged, capabilityOf);
  return [...groupBy(left, capabilityOf)].some(
    ([capability, own]) =>
      own.length > (covered.get(capability)?.length ?? 0) && (require === undefined || require.includes(capability)),
  );
}
