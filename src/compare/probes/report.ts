import type { Measurement } from '../../measure/schema/measurement.ts';
import type { MeasuredProbes } from '../../measure/schema/probes.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { ProbeReport } from '../report.ts';
import type { ProbeComparison } from './comparison.ts';
import { evaluateProbes, evaluateWithoutBaseline } from './evaluation.ts';
import { levelsIn } from './levels.ts';
import { type ProbePairing, pairAnswers, pairWithItself } from './pair.ts';

/** The behavioral half of a report; null where the candidate gave no answers. */
export function reportProbes({
  candidate,
  probes: pairing,
  policy,
}: {
  readonly candidate: Measurement;
  readonly probes: ProbePairing;
  readonly policy: ProbePolicy;
}): ProbeReport | null {
  if (pairing.kind === 'alone') {
    return describe(candidate, pairing.probes, (probes) => {
      const answers = pairWithItself(probes);
      // Where nothing can be judged, the accuracies are still what they are.
      const levels = levelsIn(probes, probes);
      return answers.facts.length > 0
        ? evaluateWithoutBaseline(answers.facts, policy, { ...answers, levels })
        : evaluateWithoutBaseline(answers.unjudged, policy, { ...answers, unjudged: [], levels });
    });
  }
  if (pairing.kind !== 'paired') return null;
  return describe(candidate, pairing.probes, (probes) => {
    if (probes === pairing.probes) return pairing.evaluation.comparison;
    const answers = pairAnswers(probes, pairing.baseline);
    const levels = levelsIn(probes, pairing.baseline);
    return evaluateProbes(answers.facts, policy, { ...answers, levels }).comparison;
  });
}

type Compare = (probes: MeasuredProbes) => ProbeComparison;

function describe({ run }: Measurement, probes: MeasuredProbes, compare: Compare): ProbeReport {
  const { suites, seed, items, leftOut, budgetSeconds, chatTemplate } = probes;
  return {
    suites: suites.map(({ name, items: count, texts }) => ({
      ...{ name, items: count },
      ...(texts === undefined ? {} : { texts: 'omitted' as const }),
    })),
    seed,
    chatTemplate,
    budgetSeconds,
    asked: items.length,
    leftOut: leftOut.map(({ suite, id, reason }) => ({ suite, id, reason })),
    by: run.probes?.by ?? '',
    ...(run.probes?.precision === undefined ? {} : { precision: run.probes.precision }),
    seconds: run.probes?.seconds ?? 0,
    comparison: compare(probes),
    drawn: rowOfDrawn(probes, compare),
  };
}

/**
 * The row of all facts that the seed draws. In a file, the seed decides at most how the twins of its facts are derived: run
 * again with another seed, they are the same facts.
 */
function rowOfDrawn(probes: MeasuredProbes, compare: Compare): ProbeReport['drawn'] {
  const suites = probes.suites.filter(({ seed, version }) => seed !== null && version !== null);
  const names = new Set(suites.map(({ name }) => name));
  const items = probes.items.filter(({ suite }) => names.has(suite));
  if (items.length === 0) return null;
  const row = compare(items.length === probes.items.length ? probes : { ...probes, suites, items }).rows[0];
  return row && row.facts > 0 ? row : null;
}
