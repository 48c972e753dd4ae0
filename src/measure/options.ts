import type { TensorDigests } from '../checkpoint/digest.ts';
import type { FullCheckpoint } from '../checkpoint/types.ts';
import type { ModelSource } from '../language-model/model.ts';
import type { DeviceChoice } from '../onnx/device.ts';
import type { KeyValueStore } from '../platform/key-value-store.ts';
import type { Suite } from '../probes/suite.ts';
import type { MethodChoice } from '../spectra/choose-method.ts';
import type { TensorMeasurement } from './schema/measurement.ts';
import type { Shard } from './shards/shard.ts';

/** The halves of the gate. */
export const HALVES = ['spectra', 'probes'] as const;

export type Half = (typeof HALVES)[number];

/** A seed, or a fresh one that nobody could train on. */
export type SeedChoice = number | 'rotate';

export const MAX_SEED = 2 ** 31 - 1;

/** What to ask a checkpoint. */
export interface ProbeRunOptions {
  readonly suites: readonly Suite[];
  readonly seed: number;
  readonly chatTemplate: boolean;
  /** Null: ask everything. */
  readonly budgetSeconds: number | null;
}

export interface Progress {
  /** Matrices, or probes, done so far and in all. */
  readonly done: number;
  readonly total: number;
  /** The matrix in work, or that probes are asked; empty at the end. */
  readonly name: string;
  /** What the rest will take; missing or null while nobody can say. */
  readonly secondsLeft?: number | null;
}

export interface SpectraOptions {
  readonly device?: DeviceChoice | undefined;
  /** `auto` if missing: exact up to 1024 columns, fast above. */
  readonly method?: MethodChoice | undefined;
  /** Bytes that the work on one matrix may take; by default most of the machine's memory. */
  readonly memoryLimit?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Measure only matrices with these names. */
  readonly isWanted?: ((name: string) => boolean) | undefined;
  /** Measure only the share of one of several machines. */
  readonly shard?: Shard | null | undefined;
  /** Where to look before a spectrum is computed, and where to keep it. */
  readonly spectrumStore?: KeyValueStore | undefined;
  /** Filled on the way: the bytes of a tensor are hashed when they are read. */
  readonly digests?: TensorDigests | undefined;
  /** Receives every spectrum with all its singular values, which the measurement does not keep. */
  readonly onSpectrum?: ((tensor: TensorMeasurement, singularValues: Float64Array) => void) | undefined;
}

/** A server that answers the probes in place of the checkpoint. */
export type Endpoint = Omit<Extract<ModelSource, { kind: 'endpoint' }>, 'kind'>;

export interface MeasureOptions extends SpectraOptions {
  readonly checkpoint: string;
  /** False: only the probes. */
  readonly spectra?: boolean | undefined;
  /** What to ask; nothing if missing. */
  readonly probes?: ProbeRunOptions | null | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** The weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: Reference | null | undefined;
  /** Where to look before measuring, and where to keep the result. */
  readonly store?: KeyValueStore | undefined;
}

/** An opened reference, and what was hashed of it: each byte once, however many checkpoints are measured against it. */
export interface Reference {
  readonly checkpoint: FullCheckpoint;
  readonly digests: TensorDigests;
}

export const SEED_WORDS = `a whole number from 0 to ${MAX_SEED}, or rotate`;

export const TIME_WORDS = 'a time such as 60s or 5m';

/** @returns null for what is neither a seed nor `rotate` */
export function parseSeed(text: string): SeedChoice | null {
  if (text === 'rotate') return text;
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value <= MAX_SEED ? value : null;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** Seconds of `60s`, `1.5m`, `2 min`, `1h` or a bare number; null for anything else. */
export function parseSeconds(text: string): number | null {
  const [, number = '', unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? 1);
  return seconds > 0 ? seconds : null;
}
