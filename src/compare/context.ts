import type { Half } from '../measure/options.ts';
import type { Measurement, Quantization } from '../measure/schema/index.ts';
import type { Policy } from '../policy/policy.ts';
import type { BenchmarkTwins } from './benchmarks/group-twins.ts';
import type { BenchmarkPairing } from './benchmarks/pair.ts';
import type { ChangedInput } from './finding.ts';
import type { ProbePairing } from './probes/pair-probes.ts';
import type { CalibrationReport } from './rows/calibration.ts';
import type { Settled } from './rows/probes.ts';
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
  /** ΔW against updates of known-good checkpoints; null without a calibration, or without spectra. */
  readonly calibration: CalibrationReport | null;
  readonly comparability: Comparability;
  /** Comparable numbers that both sides have. */
  readonly metrics: readonly MetricPair[];
  /** Every weight matrix of the candidate, with the baseline's where that may be compared. */
  readonly weights: readonly WeightPair[];
  readonly probes: ProbePairing;
  /** Null unless both sides come from logs of an evaluation. */
  readonly benchmarks: BenchmarkPairing | null;
  readonly benchmarkTwins: readonly BenchmarkTwins[];
  /** The verdict that a part of the answers settles; null if nothing is settled, or all was asked. */
  readonly settled: Settled | null;
}
