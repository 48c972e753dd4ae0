import { given } from '@shadow-gate/platform';
import { factKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Measurement } from '../../measure/schema/index.ts';
import { suitesWithoutTemplate } from '../../measure/unused-template.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { accuraciesByForm } from '../estimates/accuracies.ts';
import { changeRows } from '../estimates/changes.ts';
import { compareFresh } from '../estimates/fresh.ts';
import type { KindView } from '../estimates/kinds.ts';
import { textRows } from '../estimates/texts.ts';
import { asGained } from '../pairing/groups.ts';
import { measuredProbes, withheldSuites } from '../pairing/hide-texts.ts';
import { pairAnswers, pairWithItself } from '../pairing/pair.ts';
import type { PairedAnswers } from '../pairing/paired-item.ts';
import { poolOfFacts, type SuitePool } from '../pairing/pool.ts';
import type { ProbeComparison, ProbeReport, Settled } from '../rows/probes.ts';
import { suitesOfMemorizedLetters } from '../tests/kept-letters.ts';
import { levelsIn } from '../tests/levels.ts';
import { mustPassRows } from '../tests/must-pass.ts';
import { evaluateProbes, evaluateWithoutBaseline } from './evaluation.ts';
import { packComparedItems } from './pack-items.ts';
import type { ProbePairing } from './pair-probes.ts';

interface Reported {
  readonly candidate: Measurement;
  readonly baseline: Measurement | null;
  readonly policy: ProbePolicy;
  readonly probes: ProbePairing;
  readonly settled: Settled | null;
}

/** The behavioral half of a report; null where the candidate gave no answers. */
export function reportProbes(context: Reported): ProbeReport | null {
  const { probes: pairing, policy, settled } = context;
  if (pairing.kind === 'alone') {
    const alone = (probes: MeasuredProbes) => {
      const answers = pairWithItself(probes);
      if (answers.facts.length > 0) return answers;
      // Even if nothing can be judged, there are accuracies; without twins, none of twins.
      const facts = answers.unjudged.filter(({ twins }) => twins.length > 0);
      return { ...answers, facts, unjudged: answers.unjudged.filter(({ twins }) => twins.length === 0) };
    };
    const compare = (probes: MeasuredProbes) => {
      const answers = alone(probes);
      return evaluateWithoutBaseline(answers.facts, policy, {
        ...answers,
        levels: levelsIn(probes, probes),
        texts: textRows(probes, null, policy),
      });
    };
    const answers = alone(pairing.probes);
    const evidence = (comparison: ProbeComparison) => evidenceOf(answers, comparison, null, context);
    return describe(context, pairing.probes, compare, { evidence, pool: poolOfFacts(answers, policy) });
  }
  if (pairing.kind !== 'paired') return null;
  const { evaluation, probes: asked, baseline } = pairing;
  const compare = (probes: MeasuredProbes) => {
    if (probes === asked) return evaluation.comparison;
    const answers = pairAnswers(probes, baseline);
    return evaluateProbes(answers.facts, policy, { ...answers, levels: levelsIn(probes, baseline) }).comparison;
  };
  return describe(context, asked, compare, {
    evidence: (comparison) => evidenceOf(pairing, comparison, evaluation.kinds, context),
    pool: evaluation.pool,
    stops: { baseline, settled, alpha: policy['twin-accuracy'].alpha, whole: () => compare(baseline) },
  });
}

interface Stops {
  readonly baseline: MeasuredProbes;
  readonly settled: Settled | null;
  readonly alpha: number;
  /** The whole measurement of the baseline, compared with itself. */
  readonly whole: () => ProbeComparison;
}

/** Absent if everything was asked. */
function sequentialOf({ sequential, items }: MeasuredProbes, stops?: Stops): Pick<ProbeReport, 'sequential'> {
  if (sequential === undefined || stops === undefined) return {};
  const { baseline, settled, alpha, whole } = stops;
  const facts = (own: MeasuredProbes['items']) => new Set(own.map(factKey)).size;
  return {
    sequential: {
      settled,
      alpha,
      facts: facts(items),
      allFacts: facts(baseline.items),
      items: items.length,
      allItems: baseline.items.length,
      blocks: sequential.blocks,
      allBlocks: sequential.of,
      baseline: whole().rows.flatMap(({ suite, capability, benchmark, twin }) =>
        suite === null ? [{ capability, benchmark: benchmark.candidate, twin: twin.candidate }] : [],
      ),
    },
  };
}

type Evidence = Pick<ProbeReport, 'accuracies' | 'changes' | 'items'>;

/** Evidence beyond the numbers that decide. @param kinds null: there is no baseline */
function evidenceOf(
  answers: PairedAnswers,
  comparison: ProbeComparison,
  kinds: readonly KindView[] | null,
  context: Reported,
): Evidence {
  const { policy } = context;
  const hasBaseline = kinds !== null;
  const memorized = suitesOfMemorizedLetters(comparison.kept);
  const gained = { facts: asGained(answers.facts, memorized), groups: answers.groups };
  const pool = poolOfFacts(answers, policy);
  return {
    accuracies: accuraciesByForm(gained, { pool, level: policy.confidence, hasBaseline }),
    changes: changeRows(kinds ?? [], policy.confidence),
    items: packComparedItems(answers, { memorized, hasBaseline, withheld: withheldSuites(context) }),
  };
}

type Compare = (probes: MeasuredProbes) => ProbeComparison;

interface Further {
  readonly evidence: (comparison: ProbeComparison) => Evidence;
  readonly pool: SuitePool;
  readonly stops?: Stops;
}

function describe(
  context: Reported,
  probes: MeasuredProbes,
  compare: Compare,
  { evidence, pool, stops }: Further,
): ProbeReport {
  const { suites, seed, orderSeed, items, leftOut, budgetSeconds, chatTemplate } = probes;
  const { candidate, policy } = context;
  const { run } = candidate;
  const sides = { candidate: probes, baseline: measuredProbes(context.baseline) };
  const mustPass = mustPassRows(sides, policy, withheldSuites(context));
  const withoutTemplate = suitesWithoutTemplate(candidate);
  const comparison = compare(probes);
  return {
    suites: suites.map(({ name, items: count, texts }) => {
      return { name, items: count, ...given({ texts: texts && ('omitted' as const) }) };
    }),
    seed,
    ...given({ orderSeed }),
    chatTemplate,
    ...(withoutTemplate.length === 0 ? {} : { withoutTemplate }),
    budgetSeconds,
    asked: items.length,
    ...sequentialOf(probes, stops),
    leftOut: leftOut.map(({ suite, id, reason }) => ({ suite, id, reason })),
    by: run.probes?.by ?? '',
    ...given({ precision: run.probes?.precision, execution: run.probes?.execution }),
    seconds: run.probes?.seconds ?? 0,
    ...given({ vocabulary: run.probes?.vocabulary }),
    comparison,
    drawn: rowOfDrawn(probes, compare, pool),
    ...given({ fresh: compareFresh(probes) ?? undefined }),
    ...(mustPass.length === 0 ? {} : { mustPass }),
    ...evidence(comparison),
  };
}

/** The row of all pooled facts that the seed draws. In a file, the seed at most decides how twins are derived. */
function rowOfDrawn(probes: MeasuredProbes, compare: Compare, pool: SuitePool): ProbeReport['drawn'] {
  const suites = probes.suites.filter(({ name, seed, version }) => seed !== null && version !== null && pool.has(name));
  const names = new Set(suites.map(({ name }) => name));
  const items = probes.items.filter(({ suite }) => names.has(suite));
  if (items.length === 0) return null;
  const row = compare(items.length === probes.items.length ? probes : { ...probes, suites, items }).rows[0];
  return row && row.facts > 0 ? row : null;
}
