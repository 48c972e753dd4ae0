import { given } from '@shadow-gate/platform';
import { factKey } from '@shadow-gate/probes/answer';
import type { Measurement } from '../../measure/schema/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import type { FindingOf } from '../finding.ts';
import { pairWithItself } from '../pairing/pair.ts';
import type { PairedAnswers, PairedFact } from '../pairing/paired-item.ts';
import { poolOfFacts, splitFacts } from '../pairing/pool.ts';
import { countUnits } from '../pairing/sample.ts';
import type { ProbePairing } from './pair-probes.ts';

interface Answered {
  readonly probes: ProbePairing;
  readonly policy: Pick<ProbePolicy, 'probes'>;
}

/** Facts that can be judged, as units; `questions` counts all if some share a unit. */
export type CountedFacts = Pick<FindingOf<'too-few-facts'>, 'facts' | 'questions'>;

export function countedFacts(facts: readonly PairedFact[]): CountedFacts {
  const units = countUnits(facts.map(({ benchmark }) => benchmark));
  return { facts: units, ...given({ questions: units < facts.length ? facts.length : undefined }) };
}

/** Facts that can be judged together; null if none were answered. */
export function countFacts({ probes, policy }: Answered): CountedFacts | null {
  const count = ({ facts, unjudged }: PairedAnswers) =>
    countedFacts(splitFacts([...facts, ...unjudged], poolOfFacts({ facts }, policy))[0]);
  if (probes.kind === 'paired') return count(probes);
  return probes.kind === 'alone' && probes.why.kind === 'no-baseline' ? count(pairWithItself(probes.probes)) : null;
}

export function areTooFew(answered: Answered): boolean {
  const counted = countFacts(answered);
  return counted !== null && counted.facts < LEAST_FACTS;
}

/** Facts answered within a time budget, and the time for more on the same machine. */
export interface BudgetUse extends NonNullable<FindingOf<'too-few-facts'>['budget']> {
  readonly facts: number;
}

/** Null without a budget, and for a version that did not estimate the time of all items. */
export function budgetUse({ probes, run }: Pick<Measurement, 'probes' | 'run'>): BudgetUse | null {
  if (probes?.status !== 'measured' || probes.budgetSeconds === null) return null;
  const { seconds = 0, expectedSeconds = 0, allSeconds } = run.probes ?? {};
  const facts = new Set(probes.items.map(factKey)).size;
  const size = probes.suites.reduce((sum, { items }) => sum + items, 0);
  const asked = probes.items.length + probes.leftOut.length;
  if (allSeconds === undefined || facts === 0) return null;
  const all = Math.max(facts, Math.round((facts * size) / asked));
  // Loading the model, and finding its levels.
  const overhead = Math.max(0, seconds - expectedSeconds);
  return {
    seconds: probes.budgetSeconds,
    facts,
    all,
    leastSeconds: overhead + (allSeconds * Math.min(LEAST_FACTS, all)) / all,
    allSeconds: overhead + allSeconds,
  };
}
export function isBehaviorJudged(answered: Answered): boolean {
  return answered.probes.kind === 'paired' && !areTooFew(answered);
}
