import type { MeasuredProbes, NOT_RUN_CAUSES, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import type { Measurement } from '../../measure/schema/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { memorizationRows } from '../estimates/memorization.ts';
import { textRows } from '../estimates/texts.ts';
import type { Finding } from '../finding.ts';
import { pairAnswers, suiteDifferences } from '../pairing/pair.ts';
import type { PairedAnswers, PairedItem } from '../pairing/paired-item.ts';
import { levelsIn } from '../tests/levels.ts';
import { evaluateProbes, type ProbeEvaluation } from './evaluation.ts';

export type ProbePairing =
  | { readonly kind: 'not-requested' }
  | { readonly kind: 'not-run'; readonly reason: string; readonly isOfMachine: boolean }
  /** Every item was left out. */
  | { readonly kind: 'nothing-ran'; readonly probes: MeasuredProbes }
  /** There is nothing to pair the answers with. */
  | {
      readonly kind: 'alone';
      readonly probes: MeasuredProbes;
      readonly why:
        | { readonly kind: 'no-baseline' }
        /** A cause of null: the baseline was measured without probes. */
        | { readonly kind: 'baseline-not-run'; readonly cause: string | null }
        | {
            readonly kind: 'incomparable';
            readonly findings: readonly Finding[];
            /** None of the facts can be judged. */
            readonly answers: PairedAnswers;
          };
    }
  | ({
      readonly kind: 'paired';
      readonly probes: MeasuredProbes;
      readonly baseline: MeasuredProbes;
      readonly evaluation: ProbeEvaluation;
      readonly items: readonly PairedItem[];
      /** Items that the baseline answered and the candidate could not run: wrong in every list. */
      readonly lost: readonly ProbeItemMeasurement[];
      readonly findings: readonly Finding[];
    } & PairedAnswers);

/** Causes of the machine or the moment, not of the candidate. */
const OF_MACHINE: ReadonlySet<(typeof NOT_RUN_CAUSES)[number]> = new Set([
  'not-enough-memory',
  'no-device',
  'server',
  'untrusted-server',
]);

export function pairProbes(candidate: Measurement, baseline: Measurement | null, policy: ProbePolicy): ProbePairing {
  const { probes } = candidate;
  if (!probes) return { kind: 'not-requested' };
  if (probes.status === 'notRun') {
    const isOfMachine = probes.cause !== undefined && OF_MACHINE.has(probes.cause);
    return { kind: 'not-run', reason: probes.reason, isOfMachine };
  }
  const theirs = baseline?.probes ?? null;
  const couldAnswer = theirs?.status === 'measured' && theirs.items.length > 0;
  if (probes.items.length === 0 && !couldAnswer) return { kind: 'nothing-ran', probes };
  if (!baseline) return { kind: 'alone', probes, why: { kind: 'no-baseline' } };
  if (theirs?.status !== 'measured') {
    return { kind: 'alone', probes, why: { kind: 'baseline-not-run', cause: theirs?.reason ?? null } };
  }
  const { items, lost, findings, sharpness, ...answers } = pairAnswers(probes, theirs);
  if (answers.facts.length === 0) {
    return probes.items.length === 0
      ? { kind: 'nothing-ran', probes }
      : { kind: 'alone', probes, why: { kind: 'incomparable', findings, answers } };
  }
  const refused = new Set(suiteDifferences(probes, theirs).map(({ suite }) => suite));
  const evaluation = evaluateProbes(answers.facts, policy, {
    ...answers,
    sharpness,
    levels: levelsIn(probes, theirs),
    memorization: memorizationRows(probes, theirs, (suite) => !refused.has(suite)),
    texts: textRows(probes, theirs, policy),
  });
  return { kind: 'paired', probes, baseline: theirs, ...answers, evaluation, items, lost, findings };
}
