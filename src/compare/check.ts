import type { Half } from '../measure/options.ts';
import type { Measurement, Quantization, VocabularyRows } from '../measure/schema/index.ts';
import type { Policy } from '../policy/policy.ts';
import type { BenchmarkTwins } from './benchmarks/group-twins.ts';
import type { BenchmarkPairing } from './benchmarks/pair.ts';
import type { ChangedInput, Finding } from './finding.ts';
import type { ProbePairing } from './probes/pair-probes.ts';
import type { CalibrationReport } from './rows/calibration.ts';
import type { OwnTextRow } from './rows/own-text.ts';
import type { Settled } from './rows/probes.ts';
import type { StoppingRules } from './sequential/plan.ts';
import type { Comparability } from './spectra/comparability.ts';
import type { MetricPair, WeightPair } from './spectra/metric-pair.ts';

export interface ComparisonContext {
  readonly candidate: Measurement;
  /** Null: there is no baseline; `baselinePath` says where it was expected, if anywhere. */
  readonly baseline: Measurement | null;
  readonly baselinePath: string | null;
  readonly policy: Policy;
  /** The half that was requested alone; null for both. A half that is missing without having been left out is a gap. */
  readonly only: Half | null;
  readonly changes: readonly ChangedInput[];
  readonly quantization: Quantization | null;
  /** Null: there were no other weights to compare with. */
  readonly vocabularyRows: readonly VocabularyRows[] | null;
  /** ΔW against updates of known-good checkpoints; null without a calibration, or without spectra. */
  readonly calibration: CalibrationReport | null;
  readonly comparability: Comparability;
  readonly metrics: readonly MetricPair[];
  /** Every weight matrix of the candidate, with the baseline's where that may be compared. */
  readonly weights: readonly WeightPair[];
  readonly probes: ProbePairing;
  /** The baseline's own text, read by both; null where one of them did not. */
  readonly ownText: OwnTextRow | null;
  /** Null unless both sides come from logs of an evaluation. */
  readonly benchmarks: BenchmarkPairing | null;
  readonly benchmarkTwins: readonly BenchmarkTwins[];
  /** The verdict that a part of the answers settles; null if nothing is settled, or all was asked. */
  readonly settled: Settled | null;
}

/** The subject of a check. Findings of one level are reported in this order. */
export type CheckSubject = 'sides' | 'answers' | 'stops' | 'texts' | 'benchmarks' | 'keys' | 'spectra';

export type FoundBySubject = Readonly<Record<CheckSubject, readonly Finding[]>>;

/** The first phase: pure, and independent of other findings. */
type Find = (context: ComparisonContext) => Finding[];

/** The second phase, pure too: sees all findings of the first phase, and those of the second earlier in the list. */
type FindAfter = (context: ComparisonContext, found: FoundBySubject) => Finding[];

export type Check =
  | Find
  | ({ readonly find: Find } & StoppingRules)
  | ({ readonly findAfter: FindAfter } & StoppingRules);

export interface CheckGroup {
  readonly about: CheckSubject;
  readonly runIf?: (context: ComparisonContext) => boolean;
  readonly checks: readonly Check[];
}
