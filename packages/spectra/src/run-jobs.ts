import type { Skipped } from '@shadow-gate/checkpoints/matrices';
import { isEmbedding } from '@shadow-gate/checkpoints/naming';
import { type Device, float64Device } from '@shadow-gate/checkpoints/onnx';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { Semaphore } from '@shadow-gate/platform';
import { boundedValue } from './bounded.ts';
import { exactSpectrum, isSmall } from './exact/exact-spectrum.ts';
import { openSolver, type SharedResources } from './exact/solver.ts';
import type { Job, Plan } from './jobs.ts';
import { LargeSpectra } from './large/large-spectra.ts';
import { loraSpectrum, matrixEnergy } from './lora-spectrum.ts';
import { countNonFinite, findNonFinite, type NonFinite } from './non-finite.ts';
import { ResultQueue } from './result-queue.ts';
import type { Spectrum } from './spectrum.ts';

/** The computed spectrum of a job, or one that was looked up. */
type JobResult<Known> =
  | { readonly job: Job; readonly isKnown: false; readonly spectrum: Spectrum }
  | { readonly job: Job; readonly isKnown: true; readonly known: Known };

interface JobRunOptions<Known> {
  readonly device: Device;
  /** Most bytes for one matrix, and for all matrices in progress together. */
  readonly memoryLimit: number;
  /** Called whenever a job begins or ends; `name` is the one that began last. */
  readonly onProgress?: ((done: number, total: number, name: string) => void) | undefined;
  /** Called when a job has ended, in any order. */
  readonly onEnd?: ((job: Job, isKnown: boolean) => void) | undefined;
  /** Called before the tensors without a spectrum are searched. */
  readonly onSearch?: (() => void) | undefined;
  /** Called while the previous spectrum is computed, to read ahead; returns a known spectrum, or null. */
  readonly lookUp?: ((job: Job) => Promise<Known | null>) | undefined;
  /** Does the work of one job, and makes sure that its tensors did not change meanwhile. */
  readonly guard?: (<T>(job: Job, work: () => Promise<T>) => Promise<T>) | undefined;
  /** Called in the order of the plan. */
  readonly onResult: (result: JobResult<Known>) => void;
}

export interface SpectraFindings {
  readonly skipped: readonly Skipped[];
  /** Tensors with NaN or Inf, sorted by name. */
  readonly nonFinite: ReadonlyArray<NonFinite & { readonly name: string }>;
}

/** Jobs overlap, but results come in the order of the plan. Tensors without a spectrum are searched for NaN and Inf. */
export async function runJobs<Known extends { readonly finite: boolean }>(
  { jobs, vectors }: Pick<Plan, 'jobs' | 'vectors'>,
  options: JobRunOptions<Known>,
): Promise<SpectraFindings> {
  const { device, memoryLimit, onProgress, onEnd, onSearch, lookUp, guard = (_, work) => work(), onResult } = options;
  const skipped: Skipped[] = [];
  const toSearch = new Map(vectors.map((entry) => [entry.name, entry]));
  /** Tensors with NaN or Inf, as their spectra showed. */
  const suspects = new Map<string, TensorEntry>();
  const mutex = new Semaphore(1);
  const matrices = jobs.filter(({ method, memory }) => method !== 'exact' && memory <= memoryLimit).length;
  const large = new LargeSpectra({ mutex, matrices });
  const resources = { mutex, solver: openSolver(), large, memory: new Semaphore(memoryLimit) };
  const known = readAhead(jobs, lookUp);
  let begun = '';
  let done = 0;
  const finish = () => {
    done += 1;
    onProgress?.(done, jobs.length, begun);
  };
  // For each thread, one job in progress and one that waits.
  const capacity = Math.max(2, 2 * resources.solver.threads);
  const queue = new ResultQueue<JobResult<Known>>(capacity, (result) => {
    const { job } = result;
    const { finite } = result.isKnown ? result.known : result.spectrum;
    if (!finite && job.kind === 'weight') suspects.set(job.matrix.source.name, job.matrix.source);
    onResult(result);
  });
  const add = (job: Job, result: Promise<JobResult<Known>>) => {
    const counted = result.then((ended) => {
      onEnd?.(job, ended.isKnown);
      finish();
      return ended;
    });
    return queue.add(counted, shareOf(job, capacity, large.threads));
  };
  try {
    for (const [index, job] of jobs.entries()) {
      begun = job.name;
      onProgress?.(done, jobs.length, begun);
      const found = await known(index);
      if (found !== null) await add(job, Promise.resolve({ job, isKnown: true, known: found }));
      else if (job.memory <= memoryLimit) {
        const work = () => compute(job, resources);
        await add(job, guard(job, work));
      } else {
        const reason = overLimit(job, memoryLimit);
        skipped.push({ name: job.name, reason, ...sizeOf(job), cause: 'not-enough-memory' });
        if (job.kind === 'weight') toSearch.set(job.matrix.source.name, job.matrix.source);
        finish();
      }
    }
    await queue.finish();
  } finally {
    await queue.settle();
    await resources.solver.close();
    await large.close();
  }
  onSearch?.();
  return { skipped, nonFinite: await searchNonFinite([...toSearch.values()], suspects, float64Device(device)) };
}

/** Look up the next job's spectrum while the caller works on the current one. */
function readAhead<Known>(jobs: readonly Job[], lookUp: JobRunOptions<Known>['lookUp']) {
  const started = new Map<number, Promise<Known | null>>();
  const start = (index: number): Promise<Known | null> => {
    const job = jobs[index];
    const known = started.get(index) ?? (job && lookUp ? lookUp(job) : Promise.resolve(null));
    // It is awaited later; until then an error is not unhandled.
    known.catch(() => {});
    started.set(index, known);
    return known;
  };
  return async (index: number): Promise<Known | null> => {
    const known = await start(index);
    started.delete(index);
    void start(index + 1);
    return known;
  };
}

/**
 * The share of the queue that a job takes. Two large exact jobs are in progress: one has the device, the other becomes
 * singular values elsewhere. Fast spectra have their own threads, if there are any. A small job keeps only its Gram
 * matrix after the device is done with it, so that there is one for each thread, and one that waits.
 */
function shareOf(job: Job, capacity: number, threads: number): number {
  if (job.kind === 'lora') return capacity / 2;
  if (job.method !== 'exact') return capacity / Math.max(2, threads);
  return isSmall(job.matrix) ? 1 : capacity / 2;
}

interface RunResources extends SharedResources {
  readonly large: LargeSpectra;
  readonly memory: Semaphore;
}

async function compute(job: Job, resources: RunResources): Promise<JobResult<never>> {
  try {
    const spectrum = await resources.memory.run(() => spectrumOf(job, resources), job.memory);
    return { job, isKnown: false, spectrum };
  } catch (error) {
    if (error instanceof Error) error.message = `${job.name} (${job.of}): ${error.message}`;
    throw error;
  }
}

async function spectrumOf(job: Job, resources: RunResources): Promise<Spectrum> {
  const { device, method } = job;
  const wantRowGini = isEmbedding(job.place.module);
  if (job.kind === 'lora') return resources.mutex.run(() => loraSpectrum(job.update, { device, wantRowGini }));
  const { matrix } = job;
  const reference = job.kind === 'difference' ? job.reference : null;
  const spectrum = await (method === 'exact'
    ? exactSpectrum(matrix, { device, reference, wantRowGini, resources })
    : resources.large.spectrum({ method, matrix, reference, device, wantRowGini }));
  const { metrics } = spectrum;
  if (job.kind !== 'dora' || !metrics) return spectrum;
  // The update of DoRA is computed, so its size is not known from the files.
  const weight = { source: job.dora.base.source, view: matrix.view };
  const energy = await resources.mutex.run(() => matrixEnergy(weight, float64Device(device)));
  const updateSize = energy > 0 ? boundedValue(metrics.frobeniusNorm) / Math.sqrt(energy) : null;
  return { ...spectrum, metrics: { ...metrics, updateSize } };
}

/** Updates count no parameters: their weight is measured, or left out as well. */
function sizeOf(job: Job): Pick<Skipped, 'dtype' | 'parameters'> {
  if (job.kind !== 'weight') return {};
  const { source, view } = job.matrix;
  return { dtype: source.dtype, parameters: view.shape[0] * view.shape[1] };
}

function overLimit({ of, memory }: Job, limit: number): string {
  const reason = `its product would need ${gibibytes(memory)}, over the memory limit of ${gibibytes(limit)}: use method fast, a runner with more memory, or a higher limit`;
  return of === 'delta' ? `ΔW: ${reason}` : reason;
}

const GIB = 1024 ** 3;

function gibibytes(bytes: number): string {
  return `${Number((bytes / GIB).toPrecision(2))} GiB`;
}

async function searchNonFinite(
  entries: readonly TensorEntry[],
  known: ReadonlyMap<string, TensorEntry>,
  device: Device,
): Promise<SpectraFindings['nonFinite']> {
  const suspects = new Map(known);
  for (const entry of await findNonFinite(entries, device)) suspects.set(entry.name, entry);
  const nonFinite: Array<NonFinite & { name: string }> = [];
  for (const [name, entry] of suspects) {
    const counts = await countNonFinite(entry, device);
    if (counts.nan + counts.inf > 0) nonFinite.push({ name, ...counts });
  }
  return nonFinite.sort((a, b) => (a.name < b.name ? -1 : 1));
}
