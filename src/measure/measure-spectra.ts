import { type Checkpoint, fetchTensors, whileUnchanged } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { chooseDevice, cudaSettings, type Device, float64Device } from '@shadow-gate/checkpoints/onnx';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { machineMemory } from '@shadow-gate/platform/memory';
import { asScreened, type Job, type Plan, planSpectra, runJobs, type Spectrum } from '@shadow-gate/spectra';
import { spectrumProfile } from '@shadow-gate/spectra/metrics';
import { tensorKey } from './aggregate.ts';
import { type CachedSpectrum, decodeSpectrum, encodeSpectrum, spectrumKey } from './cache/spectrum-cache.ts';
import type { MeasureSpectraOptions } from './options.ts';
import { estimateEta } from './progress/eta.ts';
import { roundMetrics, roundNumber } from './round.ts';
import type { Measurement, TensorMeasurement } from './schema/measurement.ts';
import type { SpectraShare } from './schema/shard.ts';
import { type OwnTensors, ownTensors } from './shards/own-tensors.ts';
import type { Shard } from './shards/shard.ts';

/** The spectra of one checkpoint, and how they were measured. */
export interface SpectraMeasurement {
  /** Where the fast spectra were computed, or the exact ones if there are no fast ones. */
  readonly device: Device;
  readonly tensors: readonly TensorMeasurement[];
  readonly vectors: Measurement['vectors'];
  readonly nonFinite: Measurement['nonFinite'];
  readonly skipped: Measurement['skipped'];
  readonly mismatched: Measurement['mismatched'];
  /** Number of spectra from the store. */
  readonly recalled: number;
  /** Which part of the whole this is. */
  readonly share: SpectraShare;
}

/**
 * Plans the jobs, selects this machine's share, fetches their tensors, runs them, and collects the results. Files are
 * not hashed unless `digests` are given. @throws UserError for anything that the user can fix
 */
export async function measureSpectra(
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
  options: MeasureSpectraOptions,
): Promise<SpectraMeasurement> {
  const device = await chooseDevice(options.device ?? 'auto');
  const whole = planSpectra(checkpoint, reference, { method: options.method ?? 'auto', device });
  const wanted = options.isWanted ? onlyWanted(whole, options.isWanted) : whole;
  const full = options.updatesOnly ? onlyUpdates(wanted) : wanted;
  const { screening } = options;
  const screened = (job: Job) => (screening?.includes({ ...job, ...job.place }) ? asScreened(job) : job);
  const plan = { ...full, jobs: full.jobs.map(screened) };
  const own = options.shard ? ownTensors(whole, { checkpoint, reference }, options.shard) : null;
  const selection = selectJobs(plan, own);
  const { jobs, vectors } = selection;
  tellMoved(jobs, device);
  const tensorsOf = (side: 'checkpoint' | 'reference') => jobs.flatMap(({ tensors }) => tensors[side]);
  await fetchTensors(checkpoint, [...tensorsOf('checkpoint'), ...vectors], options.onProgress);
  if (reference) await fetchTensors(reference, tensorsOf('reference'), options.onProgress);
  const results = await whileUnchanged([{ checkpoint, tensors: vectors }], () =>
    runSelection(selection, { checkpoint, reference, device }, options),
  );
  return collect(plan, device, selection, results);
}

/** The tensors of a shard: see `ownTensors`. @throws UserError for a reference that does not fit */
export async function planShare(
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
  { device, method, shard }: MeasureSpectraOptions & { readonly shard: Shard },
): Promise<OwnTensors> {
  const chosen = await chooseDevice(device ?? 'auto');
  const plan = planSpectra(checkpoint, reference, { method: method ?? 'auto', device: chosen });
  return ownTensors(plan, { checkpoint, reference }, shard);
}

/** Replaces screens by full spectra. @param open keys of the screened matrices: see `tensorKey` */
export async function completeSpectra(
  screened: SpectraMeasurement,
  open: ReadonlySet<string>,
  { checkpoint, reference }: Pick<Measured, 'checkpoint' | 'reference'>,
  options: MeasureSpectraOptions,
): Promise<SpectraMeasurement> {
  const device = await chooseDevice(options.device ?? 'auto');
  const { jobs } = planSpectra(checkpoint, reference, { method: options.method ?? 'auto', device });
  const selection = { jobs: jobs.filter((job) => open.has(tensorKey(job))), vectors: [] };
  const results = await runSelection(selection, { checkpoint, reference, device }, options);
  const full = new Map(results.tensors.map((tensor) => [tensorKey(tensor), tensor]));
  return {
    ...screened,
    tensors: screened.tensors.map((tensor) => full.get(tensorKey(tensor)) ?? tensor),
    recalled: screened.recalled + results.recalled,
  };
}

/** Matrices that are too large for the GPU are measured on the CPU, which can take much longer. */
function tellMoved(jobs: readonly Job[], device: Device): void {
  const [first, ...others] = device.name === 'cuda' ? jobs.filter(({ device: { name } }) => name === 'cpu') : [];
  if (!first) return;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  cudaSettings().onNote(`the GPU has not enough memory for ${JSON.stringify(first.name)}${more}, measured on the CPU`);
}

function onlyWanted(plan: Plan, isWanted: (name: string) => boolean): Plan {
  const wanted = <T extends { readonly name: string }>(all: readonly T[]) => all.filter(({ name }) => isWanted(name));
  return { ...plan, jobs: wanted(plan.jobs), vectors: wanted(plan.vectors), skipped: wanted(plan.skipped) };
}

function onlyUpdates(plan: Plan): Plan {
  return { ...plan, jobs: plan.jobs.filter(({ of }) => of === 'delta'), vectors: [] };
}

/** One machine's share of a plan, with the positions that its jobs and vectors have there. */
interface Selection extends Pick<Plan, 'jobs' | 'vectors'> {
  readonly jobPositions: readonly number[];
  readonly vectorPositions: readonly number[];
}

function selectJobs({ jobs, vectors }: Plan, own: OwnTensors | null): Selection {
  const isOwn = (entry: TensorEntry | undefined) => own === null || own.checkpoint.has(entry?.name ?? '');
  const jobPositions = jobs.flatMap(({ tensors }, i) => (isOwn(tensors.checkpoint[0]) ? [i] : []));
  const vectorPositions = vectors.flatMap((vector, i) => (isOwn(vector) ? [i] : []));
  return {
    jobs: jobPositions.map((position) => at(jobs, position)),
    vectors: vectorPositions.map((position) => at(vectors, position)),
    jobPositions,
    vectorPositions,
  };
}

interface Measured {
  readonly checkpoint: Checkpoint;
  readonly reference: FullCheckpoint | null;
  readonly device: Device;
}

async function runSelection(
  selection: Pick<Plan, 'jobs' | 'vectors'>,
  { checkpoint, reference, device }: Measured,
  options: MeasureSpectraOptions,
) {
  const { memoryLimit = defaultMemoryLimit(), onProgress, onSpectrum } = options;
  const tensors: TensorMeasurement[] = [];
  const measured = new Set<Job>();
  let recalled = 0;
  const cache = cacheOf(options);
  // Jobs over the memory limit take no time.
  const running = selection.jobs.filter(({ memory }) => memory <= memoryLimit);
  const eta = estimateEta(new Map(running.map((job) => [job, { cost: job.cost, kind: kindOf(job) }])));
  const findings = await runJobs(selection, {
    device,
    memoryLimit,
    onProgress: (done, total, item) =>
      onProgress?.({ phase: 'spectra', done, total, item, secondsLeft: eta.seconds() }),
    onEnd: (job, isKnown) => eta.finish(job, isKnown),
    onSearch: () => onProgress?.({ phase: 'searching' }),
    lookUp: cache.lookUp,
    // A result is kept under the digest of bytes that were read before: they must be those that were measured.
    guard: ({ tensors: used }, work) =>
      whileUnchanged(
        [
          { checkpoint, tensors: used.checkpoint },
          ...(reference ? [{ checkpoint: reference, tensors: used.reference }] : []),
        ],
        work,
      ),
    onResult: (result) => {
      const { job, isKnown } = result;
      const tensor = describe(job, isKnown ? result.known.spectrum : summarize(result.spectrum));
      tensors.push(tensor);
      measured.add(job);
      if (isKnown) {
        recalled += 1;
        return;
      }
      onSpectrum?.(tensor, result.spectrum.singularValues);
      cache.keep(job, tensor);
    },
  });
  await cache.finish();
  return { tensors, measured, recalled, findings };
}

function cacheOf({ digests, spectrumStore, onSpectrum }: MeasureSpectraOptions) {
  // A store does not have the singular values that `onSpectrum` receives.
  const store = digests && !onSpectrum ? spectrumStore : undefined;
  const keys = new Map<Job, string>();
  const kept: Array<Promise<void>> = [];
  return {
    /** Also hashes the tensors of a job: the digest of the checkpoint needs that, and they are read anyway. */
    async lookUp(job: Job): Promise<{ readonly finite: boolean; readonly spectrum: CachedSpectrum } | null> {
      if (!digests) return null;
      for (const entry of [...job.tensors.checkpoint, ...job.tensors.reference]) await digests.of(entry);
      if (!store) return null;
      // A full spectrum in the store is better than a screen, and no screen gets there.
      const key = await spectrumKey(job.method === 'screened' ? { ...job, method: 'fast' } : job, digests);
      keys.set(job, key);
      const cached = await store.get(key);
      const spectrum = cached === null ? null : decodeSpectrum(cached, key);
      return spectrum && { finite: spectrum.status !== 'notFinite', spectrum };
    },
    keep(job: Job, spectrum: CachedSpectrum): void {
      const key = keys.get(job);
      if (store && key !== undefined && spectrum.method !== 'screened')
        kept.push(store.set(key, encodeSpectrum(key, spectrum)));
    },
    async finish(): Promise<void> {
      await Promise.all(kept);
    },
  };
}

type Results = Awaited<ReturnType<typeof runSelection>>;

function collect(plan: Plan, device: Device, selection: Selection, results: Results): SpectraMeasurement {
  const { tensors, measured, recalled, findings } = results;
  const positions = new Map(selection.jobs.map((job, i) => [job, at(selection.jobPositions, i)]));
  const positionsOf = (jobs: Iterable<Job>) => [...jobs].flatMap((job) => positions.get(job) ?? []);
  return {
    // From the whole plan, so that every shard reports the same.
    device: plan.jobs.some(({ method }) => method !== 'exact') ? device : float64Device(device),
    tensors,
    vectors: plan.vectors.map(({ name, shape }) => ({ name, shape: [...shape] })),
    nonFinite: [...findings.nonFinite],
    skipped: [...plan.skipped, ...findings.skipped],
    mismatched: [...plan.mismatched],
    recalled,
    share: {
      jobs: plan.jobs.length,
      measured: positionsOf(measured),
      skipped: positionsOf(selection.jobs.filter((job) => !measured.has(job))),
      vectors: [...selection.vectorPositions],
    },
  };
}

/** Jobs of one kind take about as long. */
function kindOf(job: Job): string {
  const shape = job.kind === 'lora' ? [job.update.module.rank, ...job.shape] : job.matrix.view.shape;
  return `${job.kind} ${job.method} ${shape.join(' × ')}`;
}

/** Share of the memory for one matrix: the rest is for the page cache, the spectrum and Node itself. */
const MEMORY_SHARE = 0.6;

export function defaultMemoryLimit(): number {
  return MEMORY_SHARE * machineMemory();
}

function summarize({ metrics, singularValues, finite, method, accumulation, profile }: Spectrum): CachedSpectrum {
  return {
    status: !finite ? 'notFinite' : metrics ? 'measured' : 'zero',
    method,
    accumulation,
    metrics: metrics && roundMetrics(metrics),
    spectrum: (profile ?? spectrumProfile(singularValues)).map((value) => roundNumber(value, 4)),
  };
}

/** Keys are in the order of a file. */
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
