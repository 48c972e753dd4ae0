import type { Measurement } from '../../measure/schema/measurement.ts';
import type { MeasuredProbes } from '../../measure/schema/probes.ts';
import type { Policy } from '../../policy/policy.ts';
import { invalid, type Reason } from '../finding.ts';
import type { ProbeReport } from '../report.ts';
import type { ProbeComparison } from './comparison.ts';
import { describeWithoutBaseline, evaluateProbes } from './evaluation.ts';
import { pairProbes, pairWithItself } from './pair.ts';

export interface ComparedProbes {
  /** Null where nothing was asked. */
  readonly report: ProbeReport | null;
  readonly reasons: readonly Reason[];
}

/** The behavioural half of a comparison. */
export function compareProbes(candidate: Measurement, baseline: Measurement | null, policy: Policy): ComparedProbes {
  const { probes } = candidate;
  if (!probes) return { report: null, reasons: baseline?.probes && candidate.method ? [weightsOnly()] : [] };
  if (probes.status === 'notRun') return { report: null, reasons: [notRun('the candidate', probes.reason)] };
  // All of it was left out, and accuracies of nothing are no numbers.
  if (probes.items.length === 0) return { report: null, reasons: remarks(probes) };
  const describe = (reasons: readonly Reason[]): ComparedProbes => ({
    report: reportOf(candidate, probes, (asked) => describeWithoutBaseline(pairWithItself(asked), policy)),
    reasons: [...reasons, ...remarks(probes)],
  });
  if (!baseline) return describe(silence(probes, policy));
  if (baseline.probes?.status === 'notRun') return describe([notRun('the baseline', baseline.probes.reason)]);
  if (!baseline.probes) {
    const message = 'the baseline was not asked the probes: measure it again with this version, without --only spectra';
    return describe([{ ...notRun('the baseline', ''), message }]);
  }
  const approved = baseline.probes;
  const { facts, reasons } = pairProbes(probes, approved);
  if (facts.length === 0) return describe(reasons);
  const findings = evaluateProbes(facts, policy);
  const compareOnly = (asked: MeasuredProbes) =>
    asked === probes ? findings.comparison : evaluateProbes(pairProbes(asked, approved).facts, policy).comparison;
  return {
    report: reportOf(candidate, probes, compareOnly),
    reasons: [...findings.reasons, ...reasons, ...remarks(probes), ...unpaired(probes, facts.length)],
  };
}

/** Without a baseline there is one thing to judge: whether these probes could ever tell anything of this model. */
function silence(probes: MeasuredProbes, policy: Policy): readonly Reason[] {
  return evaluateProbes(pairWithItself(probes), policy).reasons.filter(({ rule }) => rule === 'not-informative');
}

function reportOf(
  { run }: Measurement,
  probes: MeasuredProbes,
  compare: (probes: MeasuredProbes) => ProbeComparison,
): ProbeReport {
  const { suites, seed, items, leftOut, budgetSeconds, chatTemplate } = probes;
  const comparison = compare(probes);
  return {
    suites: suites.map(({ name, items: count }) => ({ name, items: count })),
    seed,
    chatTemplate,
    budgetSeconds,
    asked: items.length,
    leftOut,
    by: run.probes?.by ?? '',
    seconds: run.probes?.seconds ?? 0,
    comparison,
    drawn: rowOfDrawn(probes, compare),
  };
}

/**
 * The row of all facts that the seed draws. Of a file, the seed decides at most how the twins of its facts are derived: asked
 * again with another seed, they are the same facts.
 */
function rowOfDrawn(
  probes: MeasuredProbes,
  compare: (probes: MeasuredProbes) => ProbeComparison,
): ProbeReport['drawn'] {
  const suites = probes.suites.filter(({ seed, version }) => seed !== null && version !== null);
  const names = new Set(suites.map(({ name }) => name));
  const items = probes.items.filter(({ suite }) => names.has(suite));
  if (items.length === 0) return null;
  const row = compare(items.length === probes.items.length ? probes : { ...probes, suites, items }).rows[0];
  return row && row.facts > 0 ? row : null;
}

/** Whoever asked for one half gets one, and is told so. */
function weightsOnly(): Reason {
  const message = 'the candidate was not asked the probes: only its weights are judged';
  return { ...invalid('probes', null, 'model', null, null, message), rule: 'spectra-only', level: 'info' };
}

function notRun(who: string, why: string): Reason {
  const message = `${who} was not asked the probes: ${why}`;
  return { ...invalid('probes', null, 'model', null, null, message), rule: 'probes-not-run' };
}

/** What a reader should know of the items themselves. */
function remarks(probes: MeasuredProbes): Reason[] {
  return [...leftOutReasons(probes), ...noteReasons(probes)];
}

function noteReasons({ notes }: MeasuredProbes): Reason[] {
  if (notes.length === 0) return [];
  const message = `${notes.slice(0, NAMED).join('; ')}${more(notes.length)}`;
  return [{ ...invalid('probes', null, 'model', null, null, message), rule: 'probe-file', level: 'info' }];
}

function more(count: number): string {
  return count > NAMED ? `; and ${count - NAMED} more` : '';
}

/** Items that are named in a reason; the report lists all. */
const NAMED = 3;
/** More than this share left out is another suite than the one that was ordered. */
const MAX_LEFT_OUT = 0.5;

function leftOutReasons({ leftOut, items }: MeasuredProbes): Reason[] {
  const [first] = leftOut;
  if (!first) return [];
  const named = leftOut.slice(0, NAMED).map(({ id, reason }) => `${id} (${reason})`);
  const message = `not asked, with the other forms of the same facts: ${named.join('; ')}${more(leftOut.length)}`;
  const reason = invalid('probes', null, first.id, String(items.length), null, message);
  const most = leftOut.length > MAX_LEFT_OUT * (leftOut.length + items.length);
  return [{ ...reason, rule: most ? 'probes-not-run' : 'left-out', level: most ? 'inconclusive' : 'info' }];
}

function unpaired({ items }: MeasuredProbes, facts: number): Reason[] {
  const asked = new Set(items.map(({ suite, fact }) => JSON.stringify([suite, fact]))).size;
  if (facts === asked) return [];
  const message = `${asked - facts} of ${asked} facts were not asked of the baseline, and are not compared`;
  return [
    { ...invalid('probes', null, 'model', String(asked), String(facts), message), rule: 'unpaired', level: 'info' },
  ];
}
