import type { TensorDigests } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { DeviceChoice } from '@shadow-gate/checkpoints/onnx';
import type { EndpointSource } from '@shadow-gate/language-model';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import type { OnProgress } from '@shadow-gate/platform/progress';
import type { DrawnText, MeasuredProbes, OwnText } from '@shadow-gate/probes/answer';
import type { Seed } from '@shadow-gate/probes/random';
import type { Suite } from '@shadow-gate/probes/suite';
import type { TextSuite } from '@shadow-gate/probes/texts';
import type { MethodChoice } from '@shadow-gate/spectra';
import type { Measurement, TensorMeasurement } from './schema/measurement.ts';
import type { Shard } from './shards/shard.ts';

export const HALVES = ['spectra', 'probes'] as const;

export type Half = (typeof HALVES)[number];

/** `rotate`: a new random seed, whose items nobody can have trained on. */
export type SeedChoice = Seed | 'rotate';

export const MAX_SEED = 2 ** 31 - 1;

export interface ProbeRunOptions {
  readonly suites: readonly Suite[];
  /** Texts to score in addition to the suites. */
  readonly texts?: readonly TextSuite[] | undefined;
  readonly seed: Seed;
  /** A cached measurement can have any order that was drawn, but only this order if the user chose it. */
  readonly order: { readonly seed: number; readonly isChosen: boolean };
  readonly chatTemplate: boolean;
  /** Null for all items. */
  readonly budgetSeconds: number | null;
  /** Do the suites hold only what a budget left time for on the baseline? Then all of it is asked. */
  readonly isChosen?: boolean;
  readonly ownText?: OwnTextOptions | undefined;
  /** Ask what the chat template writes. */
  readonly protocol?: boolean | undefined;
  /** Ask the questions of a baseline in blocks, until they settle the verdict. Missing: everything at once. */
  readonly sequential?: Sequential | undefined;
}

export interface OwnTextOptions {
  /** Draw texts for a later candidate; null: none. */
  readonly draw: { readonly seed: number; readonly tokens: number } | null;
  /** The baseline's texts; null without any. */
  readonly read:
    | (Pick<NonNullable<OwnText['read']>, 'digest' | 'drawn'> & { readonly texts: readonly DrawnText[] })
    | null;
}

/** How to ask a candidate no more than its verdict needs. */
export interface Sequential {
  /** The facts of each block, by `factKey`: all that the baseline was asked. */
  readonly blocks: ReadonlyArray<readonly string[]>;
  /** The verdict that the answers so far settle; null to go on. */
  readonly settle: (answers: MeasuredProbes) => NonNullable<MeasuredProbes['sequential']>['settled'];
}

/** Decides which matrices are screened, and which of those need their full spectra. */
export interface Screening {
  /** False for matrices that something will depend on in any case. */
  readonly includes: (matrix: Pick<TensorMeasurement, 'of' | 'module'>) => boolean;
  /** Matrices of a measurement, which may lack its probes, whose bounds leave something open. */
  readonly undecided: (measurement: Measurement) => readonly CompletedSpectrum[];
}

/** A matrix whose bounds left something open, and the cause. */
export type CompletedSpectrum = NonNullable<Measurement['run']['completedSpectra']>[number];

export interface MeasureSpectraOptions {
  readonly device?: DeviceChoice | undefined;
  /** `auto` if missing: exact up to 1024 columns, fast above. */
  readonly method?: MethodChoice | undefined;
  /** Bytes for the matrices in progress, by default most of the memory, and for the probes' model, by default all. */
  readonly memoryLimit?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Accepts the names of the matrices to measure. */
  readonly isWanted?: ((name: string) => boolean) | undefined;
  /** Measure ΔW and not W: half of the work. */
  readonly updatesOnly?: boolean | undefined;
  readonly shard?: Shard | null | undefined;
  readonly spectrumStore?: KeyValueStore | undefined;
  /** Digests of tensors, whose bytes are hashed while they are read for the spectra. */
  readonly digests?: TensorDigests | undefined;
  /** Screen first, and compute the full spectra only of matrices that something depends on. */
  readonly screening?: Screening | undefined;
  /** Receives every spectrum with all its singular values, which no measurement has. */
  readonly onSpectrum?: ((tensor: TensorMeasurement, singularValues: Float64Array) => void) | undefined;
}

/** A server that runs the probes in place of the checkpoint. */
export type Endpoint = Omit<EndpointSource, 'kind' | 'tokens'>;

export interface MeasureOptions extends MeasureSpectraOptions {
  /** False to measure only the probes. */
  readonly spectra?: boolean | undefined;
  readonly probes?: ProbeRunOptions | null | undefined;
  /** Public key, in PEM, that verifies the signature next to the weights. */
  readonly publicKey?: string | undefined;
  readonly store?: KeyValueStore | undefined;
  /**
   * Digest of everything that a candidate is judged by. With it, a measurement that stopped once its verdict was
   * settled is kept too, for the same check with the order that it drew. Missing: only complete measurements are kept.
   */
  readonly judgedBy?: string | undefined;
}

/** An opened reference with the digests of its tensors: computed once for all checkpoints measured against it. */
export interface Reference {
  readonly checkpoint: FullCheckpoint;
  readonly digests: TensorDigests;
}
