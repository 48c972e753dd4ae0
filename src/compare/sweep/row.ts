import { canonicalJson } from '@shadow-gate/platform/json';
import type { Measurement } from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import { changeInterval } from '../estimates/change-interval.ts';
import { asGained, factsWithTwins, standingAlone } from '../pairing/groups.ts';
import { pairAnswers } from '../pairing/pair.ts';
import { type PairedFact, pairedAccuracies } from '../pairing/paired-item.ts';
import { type ProbePairing, pairProbes } from '../probes/pair-probes.ts';
import type { Report } from '../report.ts';
import { suitesOfMemorizedLetters } from '../tests/kept-letters.ts';
import type { SweptAnswers } from './best.ts';
import type { CheckedRow, NamedCheckpoint, UnmeasuredRow } from './schema.ts';

export type SweptCheckpoint =
  | {
      readonly row: Omit<CheckedRow, 'sameAs' | 'loss' | 'failsOnlyUnadjusted'> & {
        readonly loss: Omit<NonNullable<CheckedRow['loss']>, 'adjusted' | 'shown'> | null;
      };
      /** The same for two checkpoints that are the same model, with the same files next to the weights. */
      readonly identity: string;
      /** Null: the probes did not run, or not on both. */
      readonly answers: SweptAnswers | null;
      readonly reportsLoss: boolean;
      /** Something other than that loss makes it a failure. */
      readonly failsOtherwise: boolean;
    }
  | { readonly row: UnmeasuredRow };

interface Judgment {
  readonly measurement: Measurement;
  readonly report: Report;
  readonly baseline: Measurement;
  readonly policy: Policy;
  readonly message: string;
}

export function sweptCheckpoint(
  named: NamedCheckpoint,
  { measurement, report, baseline, policy, message }: Judgment,
): SweptCheckpoint {
  const pairing = pairProbes(measurement, baseline, policy);
  const fails = report.findings.filter(({ level }) => level === 'fail');
  return {
    row: {
      ...named,
      status: 'checked',
      digest: measurement.checkpoint.digest,
      verdict: report.verdict,
      message,
      ...accuraciesOf(pairing, policy.confidence),
      shadowDelta: shadowDeltaOf(report),
      transfer: report.probes?.comparison.transfer ?? null,
      spectrum: headlineOf(report),
      loss: lossOf(pairing),
    },
    identity: `${measurement.checkpoint.digest} ${canonicalJson(measurement.behavior?.files ?? null)}`,
    answers: answersOf(pairing, measurement, baseline),
    reportsLoss: report.findings.some(isLossOfAll),
    failsOtherwise: fails.some((finding) => !isLossOfAll(finding)),
  };
}

function isLossOfAll(finding: Report['findings'][number]): boolean {
  return finding.kind === 'twin-accuracy' && finding.capability === null;
}

function accuraciesOf(pairing: ProbePairing, level: number): Pick<CheckedRow, 'benchmark' | 'twin'> {
  if (pairing.kind !== 'paired') return { benchmark: null, twin: null };
  const { facts, groups, evaluation } = pairing;
  const exams = asGained(facts, suitesOfMemorizedLetters(evaluation.comparison.kept)).map((fact) => fact.benchmark);
  return {
    benchmark: accuracyOf(exams.map(standingAlone), level),
    twin: accuracyOf(factsWithTwins(facts, groups), level),
  };
}

function accuracyOf(facts: readonly PairedFact[], level: number): CheckedRow['twin'] {
  const items = facts.flatMap(({ twins }) => twins);
  return items.length === 0 ? null : { ...pairedAccuracies(items), change: changeInterval(facts, level) };
}

function shadowDeltaOf({ probes }: Report): CheckedRow['shadowDelta'] {
  const delta = probes?.comparison.rows[0]?.delta ?? null;
  return delta && { value: delta.value, lower: delta.lower, upper: delta.upper };
}

/** The first number of the whole model. */
function headlineOf({ shadowDeltas }: Report): CheckedRow['spectrum'] {
  const row = shadowDeltas.find(({ module, candidate }) => module === null && candidate !== null);
  if (row === undefined || row.candidate === null) return null;
  return { metric: row.metric, of: row.of, baseline: row.baseline, candidate: row.candidate };
}

function lossOf(pairing: ProbePairing) {
  const [all] = pairing.kind === 'paired' ? pairing.evaluation.twinTests : [];
  if (all === undefined) return null;
  const { value, twins, lost, won, p } = all.change;
  return { change: value, twins, lost, won, p, alpha: all.alpha };
}

/** Also of suites without twins, which nothing judges: their benchmark forms are answers. */
function answersOf(pairing: ProbePairing, { probes: ours }: Measurement, { probes: theirs }: Measurement) {
  if (ours?.status !== 'measured' || theirs?.status !== 'measured') return null;
  const { items, facts, groups } = pairing.kind === 'paired' ? pairing : pairAnswers(ours, theirs);
  return {
    twin: factsWithTwins(facts, groups),
    benchmark: items.filter(({ form }) => form === 'benchmark').map(standingAlone),
  };
}
