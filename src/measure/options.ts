import type { TensorDigests } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { DeviceChoice } from '@shadow-gate/checkpoints/onnx';
import type { EndpointSource } from '@shadow-gate/language-model';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import type { OnProgress } from '@shadow-gate/platform/progress';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Suite } from '@shadow-gate/probes/suite';
import type { TextSuite } from '@shadow-gate/probes/texts';
import type { MethodChoice } from '@shadow-gate/spectra';
import type { Measurement, TensorMeasurement } from './schema/measurement.ts';
import type { Shard } from './shards/shard.ts';

/** The two halves of a measurement. */
export const HALVES = ['spectra', 'probes'] as const;

export type Half = (typeof HALVES)[number];

/** A seed, or a new random one, whose items nobody can have trained on. */
export type SeedChoice = number | 'rotate';

export const MAX_SEED = 2 ** 31 - 1;

/** The probes to run on a checkpoint. */
export interface ProbeRunOptions {
  readonly suites: readonly Suite[];
  /** Texts that are scored in addition to the suites; none if missing. */
  readonly texts?: readonly TextSuite[] | undefined;
  readonly seed: number;
  readonly order: AskingSeed;
  readonly chatTemplate: boolean;
  /** Null for all items. */
  readonly budgetSeconds: number | null;
  /** Whether the suites hold only what a budget left time for already, on the baseline: all of it is asked. */
  readonly isChosen?: boolean;
  /** Ask what a baseline was asked, in blocks, until that settles the verdict. Missing: everything at once. */
  readonly sequential?: Sequential | undefined;
}

/** What the order of asking is drawn with. */
interface AskingSeed {
  readonly seed: number;
  /** A cached measurement is of any order that was drawn, but of no other one than that which the user chose. */
  readonly isChosen: boolean;
}

/** How to ask a candidate no more than its verdict needs. */
export interface Sequential {
  /** The facts of each block, by `factKey`: all that the baseline was asked. */
  readonly blocks: ReadonlyArray<readonly string[]>;
  /** Whether the answers so far settle the verdict; null to go on. */
  readonly settle: (answers: MeasuredProbes) => NonNullable<MeasuredProbes['sequential']>['settled'];
}

/** What decides which matrices are screened, and which of those need their full spectra. */
export interface Screening {
  /** False for those that something will depend on in any case: they are not screened first. */
  readonly includes: (matrix: Pick<TensorMeasurement, 'of' | 'module'>) => boolean;
  /** Those of a measurement, which may lack its probes, whose bounds leave something open. */
  readonly undecided: (measurement: Measurement) => readonly CompletedSpectrum[];
}

/** A matrix whose bounds left something open, and what. */
export type CompletedSpectrum = NonNullable<Measurement['run']['completedSpectra']>[number];

export interface MeasureSpectraOptions {
  readonly device?: DeviceChoice | undefined;
  /** `auto` if missing: exact up to 1024 columns, fast above. */
  readonly method?: MethodChoice | undefined;
  /**
   * Memory for the matrices in progress, and for the model that answers the probes, in bytes; by default most of the
   * machine's, and all of it.
   */
  readonly memoryLimit?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Measure only matrices with names that this accepts. */
  readonly isWanted?: ((name: string) => boolean) | undefined;
  /** Measure ΔW and not W: half of the work, where only the update is of interest. */
  readonly updatesOnly?: boolean | undefined;
  /** Measure only the share of one machine among several. */
  readonly shard?: Shard | null | undefined;
  /** Cache of spectra. */
  readonly spectrumStore?: KeyValueStore | undefined;
  /** Digests of tensors: their bytes are hashed when they are read for the spectra. */
  readonly digests?: TensorDigests | undefined;
  /** Screen first, and compute the full spectra only of matrices that something depends on. */
  readonly screening?: Screening | undefined;
  /** Receives every spectrum with all its singular values, which are not part of the measurement. */
  readonly onSpectrum?: ((tensor: TensorMeasurement, singularValues: Float64Array) => void) | undefined;
}

/** A server that runs the probes in place of the checkpoint. */
export type Endpoint = Omit<EndpointSource, 'kind' | 'tokens'>;

/** How a model is measured. */
export interface MeasureOptions extends MeasureSpectraOptions {
  /** False to measure only the probes. */
  readonly spectra?: boolean | undefined;
  /** The probes to run; none by default. */
  readonly probes?: ProbeRunOptions | null | undefined;
  /** Public key, in PEM, that verifies the signature next to the weights. */
  readonly publicKey?: string | undefined;
  /** Cache of measurements. */
  readonly store?: KeyValueStore | undefined;
  /**
   * Digest of everything that a candidate is judged by. With it, a measurement that stopped once its verdict was
   * settled is kept as well, for a check of the same by the same: the order that it drew stays what it was. Missing:
   * only what measured everything is kept.
   */
  readonly judgedBy?: string | undefined;
}

/**
 * An opened reference with the digests of its tensors, which are computed once for all checkpoints measured against it.
 */
export interface Reference {
  readonly checkpoint: FullCheckpoint;
  readonly digests: TensorDigests;
}
