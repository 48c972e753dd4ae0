import os from 'node:os';
import process from 'node:process';
import { type Checkpoint, type FullCheckpoint, openCheckpoint, openReference } from '../checkpoint/checkpoint.ts';
import { digestCheckpoint } from '../checkpoint/digest.ts';
import { chooseDevice, type DeviceChoice } from '../onnx/device.ts';
import { spectrumProfile } from '../spectra/metrics.ts';
import { type Job, planSpectra } from '../spectra/plan.ts';
import { type MeasuredSpectrum, measureSpectra } from '../spectra/spectra.ts';
import { VERSION } from '../version.ts';
import { summariseDelta, summariseGroups, UNCHANGED } from './groups.ts';
import { MEASUREMENT_SCHEMA, type Measurement, type TensorMeasurement } from './measurement.ts';
import { ALL_ZERO } from './observe.ts';
import { roundMetrics, roundNumber } from './round.ts';

export interface Progress {
  /** Matrices done so far and in all. */
  readonly done: number;
  readonly total: number;
  /** The matrix that was just finished. */
  readonly name: string;
}

export interface MeasureOptions {
  readonly checkpoint: string;
  readonly reference?: string | undefined;
  readonly device?: DeviceChoice | undefined;
  /** Bytes that the work on one matrix may take; by default most of the machine's memory. */
  readonly memoryLimit?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Measure only matrices with these names. */
  readonly isWanted?: ((name: string) => boolean) | undefined;
  /** Receives every spectrum with all its singular values, which the measurement does not keep. */
  readonly onSpectrum?: ((tensor: TensorMeasurement, singularValues: Float64Array) => void) | undefined;
}

/**
 * Measure one checkpoint.
 * @throws UserError for anything that the user can mend
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const started = new Date();
  const device = await chooseDevice(options.device ?? 'auto');
  const checkpoint = await openCheckpoint(options.checkpoint);
  const reference = options.reference === undefined ? null : await openReference(options.reference);
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
  const architecture = architectureOf(checkpoint, reference);
  return {
    schema: MEASUREMENT_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    checkpoint: await identify(checkpoint),
    architecture,
    reference: reference && (await identify(reference)),
    device: device.name,
    method: { mode: 'exact', accumulation: 'float64' },
    model: { delta: tensors.some(({ of }) => of === 'delta') ? summariseDelta(tensors) : null },
    groups: summariseGroups(tensors),
    tensors,
    nonFinite: [...findings.nonFinite],
    skipped: [...plan.skipped, ...findings.skipped],
    mismatched: [...plan.mismatched],
    run: {
      time: started.toISOString(),
      host: os.hostname(),
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      cores: os.availableParallelism(),
      durationSeconds: (Date.now() - started.getTime()) / 1000,
      checkpoint: options.checkpoint,
      reference: options.reference ?? null,
      deviceReason: device.reason,
    },
  };
}

/** Share of the memory that one matrix may take: the rest is for the page cache, the spectrum and Node itself. */
const MEMORY_SHARE = 0.6;

function defaultMemoryLimit(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return MEMORY_SHARE * (constrained > 0 ? Math.min(constrained, total) : total);
}

function toTensorMeasurement({ job, metrics, singularValues, finite }: MeasuredSpectrum): TensorMeasurement {
  const note = finite ? (metrics ? job.note : job.of === 'delta' ? UNCHANGED : ALL_ZERO) : notFinite(job);
  return {
    name: job.name,
    ...job.place,
    shape: [...job.shape],
    of: job.of,
    ...(job.kind === 'lora' ? { loraRank: job.update.module.rank } : {}),
    metrics: metrics && roundMetrics(metrics),
    ...(note === undefined ? {} : { note }),
    spectrum: spectrumProfile(singularValues).map((value) => roundNumber(value, 4)),
  };
}

function notFinite(job: Job): string {
  return job.of === 'weight' ? 'no spectrum: not finite in float64' : 'no spectrum: W or the reference is not finite';
}

async function identify(checkpoint: Checkpoint): Promise<Measurement['checkpoint']> {
  const dtypes: Record<string, number> = {};
  let parameters = 0;
  for (const { dtype, size } of checkpoint.tensors.values()) {
    dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
    parameters += size;
  }
  return {
    digest: await digestCheckpoint(checkpoint),
    format: checkpoint.format,
    dtypes: Object.fromEntries(Object.entries(dtypes).sort(([a], [b]) => (a < b ? -1 : 1))),
    tensors: checkpoint.tensors.size,
    parameters,
  };
}

/** An adapter has the architecture of its base model. */
function architectureOf(checkpoint: Checkpoint, reference: FullCheckpoint | null): Measurement['architecture'] {
  const full = checkpoint.format === 'lora' ? reference : checkpoint;
  const { modelType = null, name = null, layers = null, hiddenSize = null } = full?.architecture ?? {};
  return { modelType, name, layers, hiddenSize };
}
