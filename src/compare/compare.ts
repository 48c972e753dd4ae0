import { given } from '@shadow-gate/platform';
import { isScreened } from '../measure/aggregate.ts';
import type { CompletedSpectrum, Half } from '../measure/options.ts';
import type { Measurement, Quantization, VocabularyRows } from '../measure/schema/index.ts';
import { hasSlices } from '../policy/suite-tier.ts';
import { compareBenchmarkTwins } from './benchmarks/group-twins.ts';
import { pairBenchmarks } from './benchmarks/pair.ts';
import { assessCalibration, type NamedCalibration } from './calibration/assess.ts';
import type { ComparisonContext } from './check.ts';
import { appliedPolicy } from './checks/applied-rules.ts';
import { CHECKS } from './checks/list.ts';
import { runPhases } from './checks/run-phases.ts';
import { settleContext } from './checks/settle-answers.ts';
import { undecided } from './checks/undecided.ts';
import { compareProtocol } from './estimates/protocol.ts';
import type { ChangedInput } from './finding.ts';
import { hideTexts, measuredProbes } from './pairing/hide-texts.ts';
import { pairOwnText } from './probes/own-text.ts';
import { pairProbes } from './probes/pair-probes.ts';
import { reportProbes } from './probes/report.ts';
import { completeReport, REPORT_SCHEMA, type Report } from './report.ts';
import { type Comparability, checkComparability } from './spectra/comparability.ts';
import { metricDeltas } from './spectra/metric-deltas.ts';
import { pairMetrics, pairWeights } from './spectra/pair-metrics.ts';
import { reportSpectra } from './spectra/spectra-report.ts';
import { suiteRows } from './suites/rows.ts';
import { withExceptions } from './verdict/exceptions.ts';

export interface Comparison extends Pick<ComparisonContext, 'candidate' | 'baseline' | 'baselinePath' | 'policy'> {
  /** The commit that the baseline was read from; null or missing if it was read from the disk. */
  readonly baselineCommit?: string | null | undefined;
  /** Null: the defaults. */
  readonly policyPath: string | null;
  /** SHA-256 of its text; missing for the defaults. */
  readonly policyDigest?: string | undefined;
  readonly only?: Half | undefined;
  readonly changes?: readonly ChangedInput[] | undefined;
  readonly quantization?: Quantization | null | undefined;
  readonly vocabularyRows?: readonly VocabularyRows[] | null | undefined;
  readonly calibration?: NamedCalibration | null | undefined;
  /** The day at which exceptions of the policy expire. Nothing else depends on it. */
  readonly today: Date;
}

export function undecidedSpectra(comparison: Comparison): CompletedSpectrum[] {
  return undecided(contextOf(comparison));
}

export function compare(comparison: Comparison): Report {
  const { policyPath, policyDigest, policy, today } = comparison;
  const { candidate, baseline } = hideTexts(comparison, policy);
  const answered = contextOf({ ...comparison, candidate, baseline });
  const context = { ...answered, settled: settleContext(answered) };
  const found = Object.values(runPhases(CHECKS, context)).flat();
  const findings = withExceptions(found, policy, today);
  const report = {
    schema: REPORT_SCHEMA,
    tool: candidate.tool,
    candidate: describeCheckpoint(candidate),
    baseline: baseline && {
      ...describeCheckpoint(baseline),
      commit: comparison.baselineCommit ?? null,
      name: comparison.baselinePath,
    },
    reference: candidate.reference && { ...candidate.reference, path: candidate.run.reference ?? '' },
    policy: policyPath,
    ...given({ policyDigest }),
    applied: appliedPolicy(context),
    shadowDeltas: metricDeltas(candidate, baseline, context.comparability, findings),
    groups: { candidate: candidate.groups, baseline: baseline?.groups ?? [] },
    tensors: candidate.tensors,
    spectra: reportSpectra(context),
    ...screeningOf(candidate),
    quantization: context.quantization,
    ...given({ vocabularyRows: context.vocabularyRows ? [...context.vocabularyRows] : undefined }),
    calibration: context.calibration,
    skipped: candidate.skipped.map(({ name, reason }) => ({ name, reason })),
    probes: reportProbes(context),
    ...given({ ownText: context.ownText ?? undefined }),
    ...protocolOf(context),
    benchmarks: benchmarkRows(context),
    ...suitesOf(context),
    trend: null,
    durationSeconds: candidate.run.durationSeconds,
    device: candidate.device,
  } as const;
  return completeReport(report, findings);
}

function contextOf({
  candidate,
  baseline,
  baselinePath,
  policy,
  changes = [],
  only,
  quantization = null,
  vocabularyRows = null,
  calibration = null,
}: Comparison): ComparisonContext {
  const comparability: Comparability = baseline
    ? checkComparability(candidate, baseline)
    : { weights: false, deltas: false, findings: [] };
  const benchmarks =
    candidate.benchmarks?.tasks.length && baseline?.benchmarks?.tasks.length
      ? pairBenchmarks(candidate.benchmarks, baseline.benchmarks)
      : null;
  return {
    candidate,
    baseline,
    baselinePath,
    policy,
    only: only ?? null,
    changes,
    quantization,
    vocabularyRows,
    calibration:
      calibration && candidate.method ? assessCalibration(candidate, calibration, policy.calibration.alpha) : null,
    comparability,
    metrics: baseline ? pairMetrics(candidate, baseline, comparability) : [],
    weights: pairWeights(candidate, comparability.weights ? baseline : null),
    probes: pairProbes(candidate, baseline, policy),
    ownText: pairOwnText(candidate, baseline, { policy, quantization }),
    benchmarks,
    benchmarkTwins: benchmarks === null ? [] : compareBenchmarkTwins(benchmarks, policy),
    settled: null,
  };
}

function protocolOf({ candidate, baseline }: ComparisonContext): Pick<Report, 'protocol'> {
  const rows = compareProtocol(measuredProbes(candidate), measuredProbes(baseline));
  return rows.length === 0 ? {} : { protocol: rows };
}

/** Groups first, as the tables of the harness have them. */
function benchmarkRows({ candidate, benchmarks }: ComparisonContext): Report['benchmarks'] {
  if (benchmarks === null) return candidate.benchmarks?.tasks.length ? [] : null;
  return [...benchmarks.groups, ...benchmarks.tasks].flatMap(({ metrics }) => metrics.map(({ row }) => row));
}

function suitesOf(context: ComparisonContext): Pick<Report, 'benchmarkTwins' | 'suites' | 'slices'> {
  const { benchmarkTwins, probes, policy } = context;
  const twins = benchmarkTwins.flatMap(({ row }) => row ?? []);
  const suites = suiteRows(context);
  return given({
    benchmarkTwins: twins.length === 0 ? undefined : twins,
    suites: suites.length === 0 ? undefined : suites,
    slices: hasSlices(policy) && probes.kind === 'paired' ? [...probes.evaluation.slices] : undefined,
  });
}

function screeningOf({ run, tensors }: Measurement): Pick<Report, 'screening'> {
  const completed = run.completedSpectra ?? (tensors.some(isScreened) ? [] : undefined);
  return completed === undefined ? {} : { screening: { completed } };
}

function describeCheckpoint({ run, checkpoint, architecture, behaviorFiles }: Measurement): Report['candidate'] {
  return {
    path: run.checkpoint,
    digest: checkpoint.digest,
    behaviorFiles: behaviorFiles ?? null,
    measured: run.time,
    architecture,
    parameters: checkpoint.parameters,
    dtypes: checkpoint.dtypes,
    commit: null,
    name: null,
  };
}
