import os from 'node:os';
import process from 'node:process';
import { type Checkpoint, type FullCheckpoint, openCheckpoint, openReference } from '../checkpoint/checkpoint.ts';
import { digestCheckpoint } from '../checkpoint/digest.ts';
import type { Subject } from '../language-model/answer.ts';
import { machineMemory } from '../machine-memory.ts';
import { chooseDevice, type DeviceChoice } from '../onnx/device.ts';
import type { Device } from '../onnx/session.ts';
import { spectrumProfile } from '../spectra/metrics.ts';
import { planSpectra } from '../spectra/plan.ts';
import { type MeasuredSpectrum, measureSpectra } from '../spectra/spectra.ts';
import { UserError } from '../user-error.ts';
import { VERSION } from '../version.ts';
import { summariseDelta, summariseGroups } from './groups.ts';
import { type AskedProbes, measureProbes, type ProbeOrder } from './measure-probes.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema, type TensorMeasurement } from './measurement.ts';
import type { Probes } from './probes-measurement.ts';
import { roundMetrics, roundNumber } from './round.ts';

export interface Progress {
  /** Matrices, or probes, done so far and in all. */
  readonly done: number;
  readonly total: number;
  /** The matrix in work, or that probes are asked; empty at the end. */
  readonly name: string;
}

export interface SpectraOptions {
  readonly device?: DeviceChoice | undefined;
  /** Bytes that the work on one matrix may take; by default most of the machine's memory. */
  readonly memoryLimit?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Measure only matrices with these names. */
  readonly isWanted?: ((name: string) => boolean) | undefined;
  /** Receives every spectrum with all its singular values, which the measurement does not keep. */
  readonly onSpectrum?: ((tensor: TensorMeasurement, singularValues: Float64Array) => void) | undefined;
}

/** A server that answers the probes in place of the checkpoint. */
export type Endpoint = Omit<Extract<Subject, { kind: 'endpoint' }>, 'kind'>;

export interface MeasureOptions extends SpectraOptions {
  readonly checkpoint: string;
  /** False: only the probes. */
  readonly spectra?: boolean | undefined;
  /** What to ask; nothing if missing. */
  readonly probes?: ProbeOrder | null | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** The weights that the checkpoint was trained from: also measure ΔW. */
  readonly reference?: Reference | null | undefined;
}

/** An opened reference and what identifies it: hashed once, however many checkpoints are measured against it. */
export interface Reference {
  readonly checkpoint: FullCheckpoint;
  readonly identity: Identity;
}

type Identity = Measurement['checkpoint'];

/** @throws UserError if there is no checkpoint of full weights at the path */
export async function openMeasuredReference(path: string | undefined): Promise<Reference | null> {
  if (path === undefined) return null;
  const checkpoint = await openReference(path);
  return { checkpoint, identity: await identify(checkpoint) };
}

/** The spectra of one checkpoint, and how they were measured. */
export interface SpectraMeasurement {
  readonly device: Device;
  readonly tensors: readonly TensorMeasurement[];
  readonly vectors: Measurement['vectors'];
  readonly nonFinite: Measurement['nonFinite'];
  readonly skipped: Measurement['skipped'];
  readonly mismatched: Measurement['mismatched'];
}

/**
 * Measure one checkpoint.
 * @throws UserError for anything that the user can mend
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const started = new Date();
  const reference = options.reference ?? null;
  // Before the spectra, so that a file that changes meanwhile does not lend them its new name.
  const checkpoint = await openCheckpoint(options.checkpoint);
  const identity = await identify(checkpoint);
  const origin = reference?.checkpoint ?? null;
  const spectra = options.spectra === false ? null : await measureAllSpectra(checkpoint, origin, options);
  const asked = options.probes ? await askProbes(options, options.probes) : null;
  const tensors = spectra?.tensors ?? [];
  // A measurement that could not be read back would be found out when it is needed.
  return measurementSchema.parse({
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: identity,
    architecture: architectureOf(checkpoint, origin),
    reference: reference?.identity ?? null,
    device: spectra?.device.name ?? asked?.run?.device ?? 'cpu',
    method: spectra && { mode: 'exact', accumulation: 'float64' },
    model: { delta: tensors.some(({ of }) => of === 'delta') ? summariseDelta(tensors) : null },
    groups: summariseGroups(tensors),
    tensors: [...tensors],
    vectors: [...(spectra?.vectors ?? [])],
    nonFinite: spectra?.nonFinite ?? [],
    skipped: spectra?.skipped ?? [],
    mismatched: spectra?.mismatched ?? [],
    probes: asked?.probes ?? null,
    run: {
      time: started.toISOString(),
      host: os.hostname(),
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      cores: os.availableParallelism(),
      durationSeconds: (Date.now() - started.getTime()) / 1000,
      checkpoint: options.checkpoint,
      reference: reference?.checkpoint.path ?? null,
      deviceReason: spectra?.device.reason ?? asked?.run?.by ?? '',
      probes: asked?.run
        ? { by: asked.run.by, seconds: asked.run.seconds, expectedSeconds: asked.run.expectedSeconds }
        : null,
    },
  });
}

/**
 * Ask the checkpoint, or the server that answers for it. A checkpoint that cannot be asked (no tokenizer, another family)
 * still has spectra: then the measurement says why, and no comparison passes on it. Without spectra, or where a server was
 * to answer, it is an error.
 */
async function askProbes(
  { checkpoint, reference, device, endpoint, spectra, onProgress }: MeasureOptions,
  order: ProbeOrder,
): Promise<{ probes: Probes; run: AskedProbes | null }> {
  const local = {
    kind: 'checkpoint',
    checkpoint,
    reference: reference?.checkpoint.path,
    device: device ?? 'auto',
  } as const;
  try {
    const run = await measureProbes(
      endpoint ? { kind: 'endpoint', ...endpoint } : local,
      order,
      (done, total, seconds) =>
        onProgress?.({ done, total, name: `probes, about ${Math.max(1, Math.round(seconds))} s in all` }),
    );
    return { probes: run.probes, run };
  } catch (error) {
    if (!(error instanceof UserError) || endpoint || spectra === false) throw error;
    return { probes: { status: 'notRun', reason: error.message }, run: null };
  }
}

/**
 * The spectra alone, without hashing the files.
 * @throws UserError for anything that the user can mend
 */
export async function measureAllSpectra(
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
  options: SpectraOptions,
): Promise<SpectraMeasurement> {
  const device = await chooseDevice(options.device ?? 'auto');
  const whole = planSpectra(checkpoint, reference);
  const { isWanted } = options;
  const plan = isWanted ? { ...whole, jobs: whole.jobs.filter(({ name }) => isWanted(name)) } : whole;
  const tensors: TensorMeasurement[] = [];
  const findings = await measureSpectra(
    plan,
    {
      device,
      memoryLimit: options.memoryLimit ?? defaultMemoryLimit(),
      onProgress: (done, total, name) => options.onProgress?.({ done, total, name }),
    },
    (spectrum) => {
      const tensor = toTensorMeasurement(spectrum);
      tensors.push(tensor);
      options.onSpectrum?.(tensor, spectrum.singularValues);
    },
  );
  return {
    device,
    tensors,
    vectors: plan.vectors.map(({ name, shape }) => ({ name, shape: [...shape] })),
    nonFinite: [...findings.nonFinite],
    skipped: [...plan.skipped, ...findings.skipped],
    mismatched: [...plan.mismatched],
  };
}

/** Share of the memory that one matrix may take: the rest is for the page cache, the spectrum and Node itself. */
const MEMORY_SHARE = 0.6;

function defaultMemoryLimit(): number {
  return MEMORY_SHARE * machineMemory();
}

function toTensorMeasurement({ job, metrics, singularValues, finite }: MeasuredSpectrum): TensorMeasurement {
  return {
    name: job.name,
    ...job.place,
    shape: [...job.shape],
    of: job.of,
    ...(job.kind === 'lora' ? { loraRank: job.update.module.rank } : {}),
    status: !finite ? 'notFinite' : metrics ? 'measured' : 'zero',
    metrics: metrics && roundMetrics(metrics),
    ...(job.note === undefined ? {} : { note: job.note }),
    spectrum: spectrumProfile(singularValues).map((value) => roundNumber(value, 4)),
  };
}

async function identify(checkpoint: Checkpoint): Promise<Identity> {
  const dtypes = new Map<string, number>();
  let parameters = 0;
  for (const { dtype, size } of checkpoint.tensors.values()) {
    dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1);
    parameters += size;
  }
  return {
    digest: await digestCheckpoint(checkpoint),
    format: checkpoint.format,
    dtypes: Object.fromEntries([...dtypes].sort(([a], [b]) => (a < b ? -1 : 1))),
    tensors: checkpoint.tensors.size,
    parameters,
  };
}

/** An adapter has the architecture of its base model. */
function architectureOf(checkpoint: Checkpoint, reference: FullCheckpoint | null): Measurement['architecture'] {
  const full = checkpoint.format === 'lora' ? (reference ?? checkpoint) : checkpoint;
  const { modelType, name, layers, hiddenSize, heads, keyValueHeads } = full.architecture;
  return { modelType, name, layers, hiddenSize, heads, keyValueHeads };
}
