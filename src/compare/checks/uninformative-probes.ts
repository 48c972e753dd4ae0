import { at, groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Form } from '@shadow-gate/probes/item';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import { changeInterval, exclusionLevel } from '../estimates/change-interval.ts';
import { type FamilyView, familyReach, isInformative, viewFamilies } from '../estimates/families.ts';
import { type Finding, findingTraits } from '../finding.ts';
import { factsWithTwins } from '../pairing/groups.ts';
import { pairLeftOutWithItself } from '../pairing/pair.ts';
import type { PairedAnswers, PairedFact } from '../pairing/paired-item.ts';
import { poolOfFacts, type SuitePool, splitFacts } from '../pairing/pool.ts';
import type { ProbeEvaluation } from '../probes/evaluation.ts';
import type { Estimate } from '../rows/fields.ts';
import type { ProbeComparison } from '../rows/probes.ts';
import { canJudge, isOfAllFacts } from '../tests/graded-losses.ts';
import { unclearLikelihood } from './likelihood.ts';
import { isSettledPass } from './probe-coverage.ts';

/**
 * Why the absence of harm is not yet a pass: no family could have shown any, or the interval of the change does not
 * rule out a drop. Without a baseline: could these probes ever show anything of this model?
 */
export const uninformativeProbesCheck = { findAfter } satisfies Check;

function findAfter(context: ComparisonContext, { answers }: FoundBySubject): Finding[] {
  const { probes, policy } = context;
  if (probes.kind === 'alone') {
    return probes.why.kind === 'no-baseline' ? withoutBaseline(probes.probes, policy) : [];
  }
  if (probes.kind !== 'paired') return [];
  const { views, comparison, pool } = probes.evaluation;
  // After harm, doubts about the rest add nothing. Remarks, and losses of suites outside the pool, are not that harm.
  const isOfOther = (finding: Finding) =>
    'suite' in finding && typeof finding.suite === 'string' && !pool.has(finding.suite);
  const harm = answers.filter(
    (finding) => findingTraits(finding.kind).isDeficit && finding.level !== 'info' && !isOfOther(finding),
  );
  const isMissing = ({ kind, level }: Finding) => kind === 'suite-missing' && level === 'fail';
  if (harm.some(({ level }) => level === 'fail') || answers.some(isMissing)) return [];
  const informative = views.filter(isInformative);
  const whole = comparison.graded.find(isOfAllFacts);
  const isGraded = canJudge(whole);
  if (informative.length === 0 && !isGraded) {
    if (isSettledPass(context)) return [];
    return harm.length > 0 ? [] : [notInformative(views, policy, comparison)];
  }
  // A loss that graded outcomes made milder leaves its size open.
  const isDropShown = harm.some(({ kind, level }) => isLoss(kind) && level === levelOfLosses(kind, policy));
  const isFallShown = harm.some(({ kind }) => kind === 'likelihood-loss');
  const judged = { informative, isGraded };
  const capabilities = unjudgedCapabilities(context, withoutGroups(probes, informative, pool), judged);
  // A settled pass bounds the harm; what judged it is still to be said.
  if (isSettledPass(context)) return capabilities.filter(({ kind }) => kind === 'judged-by-likelihood');
  if (isDropShown) return capabilities;
  return [
    ...capabilities,
    ...(isGraded ? leftOpen(whole.expected, null, policy) : unclearTwins(probes.evaluation, informative, policy)),
    ...(isFallShown ? [] : unclearLikelihood(whole, policy)),
  ];
}

const isLoss = (kind: Finding['kind']) =>
  kind === 'twin-accuracy' || kind === 'accuracy-loss' || kind === 'likelihood-loss';

const levelOfLosses = (kind: Finding['kind'], policy: ProbePolicy) =>
  policy[kind === 'likelihood-loss' ? 'answer-likelihood' : 'twin-accuracy'].level;

const ANSWERS_LEFT_OUT = [
  { benchmark: false, 'benchmark-text': false, twin: false, robustness: false },
  { benchmark: true, 'benchmark-text': true, twin: false, robustness: false },
  { benchmark: true, 'benchmark-text': true, twin: true, robustness: true },
] as const satisfies readonly Readonly<Record<Form, boolean>>[];

/** A family is informative whatever the answers to left-out items would have been. */
function withoutBaseline(probes: MeasuredProbes, policy: ProbePolicy): Finding[] {
  const assumed = ANSWERS_LEFT_OUT.map((correct) => {
    const { facts, groups } = pairLeftOutWithItself(probes, correct);
    const [pooled] = splitFacts(factsWithTwins(facts, groups), poolOfFacts({ facts }, policy));
    return viewFamilies(pooled, policy);
  });
  const [views = []] = assumed;
  const isAnyInformative = views.some((_, i) => assumed.every((other) => isInformative(at(other, i))));
  return isAnyInformative ? [] : [notInformative(views, policy)];
}

/** Likelihoods judge them, since falls show among guesses too. Else a pass would cover them, if `require` does. */
function unjudgedCapabilities(
  { policy }: ComparisonContext,
  facts: readonly PairedFact[],
  { informative, isGraded }: { readonly informative: readonly FamilyView[]; readonly isGraded: boolean },
): Finding[] {
  const capabilityOf = ({ benchmark }: PairedFact) => benchmark.capability;
  const judged = new Set(informative.flatMap((view) => view.facts).map(capabilityOf));
  const required = policy.require ?? null;
  return [...groupBy(facts, capabilityOf)]
    .filter(([capability]) => !judged.has(capability))
    .map(([capability, members]): Finding => {
      if (isGraded) return { kind: 'judged-by-likelihood', level: 'info', capability, facts: members.length };
      const isRequired = required === null || required.includes(capability);
      const level = isRequired ? 'inconclusive' : 'info';
      return { kind: 'capability-not-judged', level, capability, facts: members.length, isRequired };
    });
}

/** Pooled facts, without suites that an informative group judges. */
function withoutGroups({ facts: all, groups }: PairedAnswers, informative: readonly FamilyView[], pool: SuitePool) {
  const [facts] = splitFacts(all, pool);
  const suites = new Set(informative.flatMap((view) => view.facts).map(({ benchmark }) => benchmark.suite));
  const judged = new Set(groups.filter(({ suite }) => suites.has(suite)).map(({ of }) => of));
  return facts.filter(({ twins, benchmark }) => twins.length > 0 || !judged.has(benchmark.suite));
}

function notInformative(
  views: readonly FamilyView[],
  policy: ProbePolicy,
  comparison: ProbeComparison | null = null,
): Finding {
  const families = views.flatMap(({ rows }) => rows.map(({ family }) => family));
  const nearest = views
    .map((view) => familyReach(view, policy))
    .sort((a, b) => (a.neededFacts ?? Infinity) / a.facts - (b.neededFacts ?? Infinity) / b.facts || 0)[0];
  const detectableGain = comparison?.rows[0]?.delta?.mde ?? null;
  return { kind: 'not-informative', level: 'inconclusive', families, nearest: nearest ?? null, detectableGain };
}

function unclearTwins({ twinTests: [all] }: ProbeEvaluation, informative: readonly FamilyView[], policy: ProbePolicy) {
  if (all !== undefined) return leftOpen(all.change, all.change.mde, policy);
  // Every family began at chance: there was nothing to lose. Still, the interval must show that none got worse.
  const facts = informative.flatMap((view) => view.facts);
  return leftOpen(changeInterval(facts, exclusionLevel(policy)), null, policy);
}

/** Expected accuracy, or accuracy on twins. */
function leftOpen({ value, lower }: Estimate, minimumDetectable: number | null, policy: ProbePolicy): Finding[] {
  const { margin: limit, level } = policy['twin-accuracy'];
  if (level === 'info' || (lower !== null && lower > -limit)) return [];
  const numbers = { change: value, possibleDrop: lower === null ? null : -lower, limit, minimumDetectable };
  return [{ kind: 'twin-accuracy-unclear', level: 'inconclusive', ...numbers }];
}
