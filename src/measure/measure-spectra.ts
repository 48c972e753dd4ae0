import { loadTensors } from '../checkpoint/load-tensors.ts';
import type { Checkpoint, FullCheckpoint } from '../checkpoint/types.ts';
import { chooseDevice } from '../onnx/device.ts';
import type { Device } from '../onnx/session.ts';
import { machineMemory } from '../platform/memory.ts';
import { deviceOf, type MethodChoice, memoryOf, methodOf } from '../spectra/choose-method.ts';
import { costOf, kindOf } from '../spectra/cost.ts';
import { type Job, type Plan, planSpectra } from '../spectra/jobs.ts';
import { spectrumProfile } from '../spectra/metrics.ts';
import { type MeasuredSpectrum, measureSpectra } from '../spectra/run-jobs.ts';
import { type CachedSpectrum, decodeSpectrum, encodeSpectrum, spectrumKey, tensorsOf } from './cache/spectrum-cache.ts';
import type { SpectraOptions } from './options.ts';
import { type Part, timeLeft } from './progress/eta.ts';
import { roundMetrics, roundNumber } from './round.ts';
import type { Measurement, TensorMeasurement } from './schema/measurement.ts';
import type { SpectraShare } from './schema/shard.ts';
import { shareOf } from './shards/shard.ts';

/** The spectra of one checkpoint, and how they were measured. */
export interface SpectraMeasurement {
  /** Where the spectra were computed: of those that are fast, if there are any. */
  readonly device: Device;
  readonly tensors: readonly TensorMeasurement[];
  readonly vectors: Measurement['vectors'];
  readonly nonFinite: Measurement['nonFinite'];
  readonly skipped: Measurement['skipped'];
  readonly mismatched: Measurement['mismatched'];
  /** Spectra that were not computed, but taken from the store. */
  readonly recalled: number;
  /** Which part of the whole this is. */
  readonly share: SpectraShare;
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
  const { method = 'auto', memoryLimit = defaultMemoryLimit() } = options;
  const whole = planSpectra(checkpoint, reference);
  const { isWanted, shard = null } = options;
  const plan = isWanted
    ? {
        ...whole,
        jobs: whole.jobs.filter(({ name }) => isWanted(name)),
        vectors: whole.vectors.filter(({ name }) => isWanted(name)),
      }
    : whole;
  const ownJobs = shareOf(
    plan.jobs.map((job) => costOf(job, methodOf(job, method))),
    shard,
  );
  const ownVectors = shareOf(
    plan.vectors.map(({ size }) => size),
    shard,
  );
  const share = { ...plan, jobs: pick(plan.jobs, ownJobs), vectors: pick(plan.vectors, ownVectors) };
  await loadPlan(share, checkpoint, reference, options.onProgress);
  const placeOf = new Map(plan.jobs.map((job, place) => [job, place]));
  const tensors: TensorMeasurement[] = [];
  const measured = new Set<number>();
  const keys = new Map<Job, string>();
  let recalled = 0;
  const left = timeLeft(partsOf(share.jobs, method, memoryLimit));
  const add = (job: Job, tensor: TensorMeasurement, wasKnown: boolean) => {
    const place = placeOf.get(job) ?? -1;
    tensors.push(tensor);
    measured.add(place);
    left.finish(job, wasKnown);
  };
  const prepare = async (job: Job) => {
    const { digests, spectrumStore, onSpectrum } = options;
    if (!digests) return null;
    for (const entry of tensorsOf(job)) await digests.of(entry);
    // A measurement does not keep what `onSpectrum` wants.
    if (!spectrumStore || onSpectrum) return null;
    const how = methodOf(job, method);
    const key = await spectrumKey(job, digests, `${deviceOf(how, device).name} ${how}`);
    keys.set(job, key);
    const cached = await spectrumStore.get(key);
    const known = cached === null ? null : decodeSpectrum(cached, key);
    if (known === null) return null;
    const report = () => {
      recalled += 1;
      add(job, describe(job, known), true);
    };
    return { finite: known.status !== 'notFinite', report };
  };
  const kept: Array<Promise<void>> = [];
  const findings = await measureSpectra(
    share,
    {
      device,
      method,
      memoryLimit,
      onProgress: (done, total, name) => options.onProgress?.({ done, total, name, secondsLeft: left.seconds() }),
      prepare,
    },
    (spectrum) => {
      const { job, singularValues } = spectrum;
      const tensor = describe(job, summariseSpectrum(spectrum));
      add(job, tensor, false);
      options.onSpectrum?.(tensor, singularValues);
      const key = keys.get(job);
      if (key !== undefined && options.spectrumStore)
        kept.push(options.spectrumStore.set(key, encodeSpectrum(key, tensor)));
    },
  );
  await Promise.all(kept);
  // Of the whole plan, so that every shard says the same.
  const isFast = plan.jobs.some((job) => methodOf(job, method) === 'fast');
  return {
    device: deviceOf(isFast ? 'fast' : 'exact', device),
    tensors,
    vectors: plan.vectors.map(({ name, shape }) => ({ name, shape: [...shape] })),
    nonFinite: [...findings.nonFinite],
    skipped: [...plan.skipped, ...findings.skipped],
    mismatched: [...plan.mismatched],
    recalled,
    share: {
      jobs: plan.jobs.length,
      measured: [...measured],
      skipped: ownJobs.filter((place) => !measured.has(place)),
      vectors: ownVectors,
    },
  };
}

/** Of a checkpoint on a hub only what is measured is downloaded. */
async function loadPlan(
  { jobs, vectors }: Plan,
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
  onProgress: SpectraOptions['onProgress'],
): Promise<void> {
  const own = jobs.flatMap((job) =>
    job.kind === 'lora' ? [job.update.module.a, job.update.module.b] : [job.matrix.source],
  );
  await loadTensors(checkpoint, [...own, ...vectors], onProgress);
  if (!reference) return;
  const origins = jobs.flatMap((job) =>
    job.kind === 'difference'
      ? [job.reference.source]
      : job.kind === 'lora' && job.update.base
        ? [job.update.base.source]
        : [],
  );
  await loadTensors(reference, origins, onProgress);
}

/** What of the jobs takes time: all but those that the limit leaves out. */
function partsOf(jobs: readonly Job[], method: MethodChoice, memoryLimit: number): Map<Job, Part> {
  const parts = jobs.flatMap((job) => {
    const its = methodOf(job, method);
    const part = { cost: costOf(job, its), kind: kindOf(job, its) };
    return memoryOf(job, its) <= memoryLimit ? [[job, part] as const] : [];
  });
  return new Map(parts);
}

function pick<T>(things: readonly T[], places: readonly number[]): T[] {
  return places.flatMap((place) => things.slice(place, place + 1));
}

/** Share of the memory that one matrix may take: the rest is for the page cache, the spectrum and Node itself. */
const MEMORY_SHARE = 0.6;

function defaultMemoryLimit(): number {
  return MEMORY_SHARE * machineMemory();
}

function summariseSpectrum(spectrum: MeasuredSpectrum): CachedSpectrum {
  const { metrics, singularValues, finite, method, accumulation } = spectrum;
  return {
    status: !finite ? 'notFinite' : metrics ? 'measured' : 'zero',
    method,
    accumulation,
    metrics: metrics && roundMetrics(metrics),
    spectrum: (spectrum.profile ?? spectrumProfile(singularValues)).map((value) => roundNumber(value, 4)),
  };
}

/** In the order of the keys in a file. */
function describe(job: Job, { status, method, accumulation, metrics, spectrum }: CachedSpectrum): TensorMeasurement {
  return {
    name: job.name,
    ...job.place,
    shape: [...job.shape],
    of: job.of,
    ...(job.kind === 'lora' ? { loraRank: job.update.module.rank } : {}),
    status,
    method,
    accumulation,
    metrics,
    ...(job.note === undefined ? {} : { note: job.note }),
    spectrum,
  };
}
