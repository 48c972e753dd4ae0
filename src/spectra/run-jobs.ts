import type { Skipped } from '../checkpoint/matrix.ts';
import { isEmbedding } from '../checkpoint/module-type.ts';
import type { TensorEntry } from '../checkpoint/types.ts';
import { type Device, float64Device } from '../onnx/session.ts';
import { boundedSpectrum, deviceOf, type MethodChoice, memoryOf, methodOf } from './choose-method.ts';
import { openBandSolver } from './exact/band-solver.ts';
import type { Workshop } from './exact/dense-svd.ts';
import { exactSpectrum, type Spectrum } from './exact/exact-spectrum.ts';
import { Turns } from './exact/shared-resources.ts';
import type { Job, Plan } from './jobs.ts';
import { loraSpectrum } from './lora-spectrum.ts';
import { countNonFinite, findNonFinite, type NonFinite } from './non-finite.ts';

export interface MeasuredSpectrum extends Spectrum {
  readonly job: Job;
}

export interface SpectraSettings {
  readonly device: Device;
  readonly method: MethodChoice;
  /** Bytes that the work on one matrix may take. */
  readonly memoryLimit: number;
  readonly onProgress?: ((done: number, total: number, name: string) => void) | undefined;
  /**
   * Asked before each spectrum is computed, and already while the one before it is: for reading ahead, and for one that need
   * not be computed.
   */
  readonly prepare?: ((job: Job) => Promise<Known | null>) | undefined;
}

/** A spectrum that need not be computed. */
export interface Known {
  readonly finite: boolean;
  /** Called in the order of the plan. */
  readonly report: () => void;
}

export interface SpectraFindings {
  /** Matrices that were left out, by name. */
  readonly skipped: readonly Skipped[];
  readonly nonFinite: ReadonlyArray<NonFinite & { readonly name: string }>;
}

/** Matrices in work: one has the device, one becomes singular values in a worker thread. */
const IN_WORK = 2;

/**
 * Carry out a plan. The next matrix is begun while the last steps of the one before still run elsewhere; they are
 * reported in the order of the plan all the same.
 * @param onSpectrum receives each spectrum; its singular values may be kept or dropped
 */
export async function measureSpectra(
  plan: Plan,
  { device, method, memoryLimit, onProgress, prepare }: SpectraSettings,
  onSpectrum: (spectrum: MeasuredSpectrum) => void,
): Promise<SpectraFindings> {
  const skipped: Skipped[] = [];
  /** Tensors without a spectrum are searched for NaN and Inf; those of a spectrum that is not finite hold some. */
  const unseen = new Map(plan.vectors.map((entry) => [entry.name, entry]));
  const suspects = new Map<string, TensorEntry>();
  const workshop: Workshop = { turns: new Turns(), solver: openBandSolver() };
  const prepared = readAhead(plan.jobs, prepare);
  const inWork: Array<{ readonly job: Job; readonly done: Promise<Known> }> = [];
  const finishOldest = async () => {
    const oldest = inWork.shift();
    if (!oldest) return;
    const { job } = oldest;
    const { finite, report } = await oldest.done;
    if (!finite && job.kind === 'weight') suspects.set(job.matrix.source.name, job.matrix.source);
    report();
  };
  const begin = async (job: Job, known: Known | null) => {
    const done = known === null ? computed(job) : Promise.resolve(known);
    // Awaited later: an error of its own until then is none that nobody handles.
    done.catch(() => {});
    inWork.push({ job, done });
    if (inWork.length >= IN_WORK) await finishOldest();
  };
  const computed = async (job: Job): Promise<Known> => {
    const spectrum = await measureOne(job, method, device, workshop);
    return { finite: spectrum.finite, report: () => onSpectrum({ ...spectrum, job }) };
  };
  try {
    for (const [index, job] of plan.jobs.entries()) {
      onProgress?.(index, plan.jobs.length, job.name);
      const known = await prepared(index);
      const need = memoryOf(job, methodOf(job, method));
      if (known !== null || need <= memoryLimit) await begin(job, known);
      else {
        skipped.push({ name: job.name, reason: `${job.of === 'delta' ? 'ΔW: ' : ''}${overLimit(need, memoryLimit)}` });
        if (job.kind === 'weight') unseen.set(job.matrix.source.name, job.matrix.source);
      }
    }
    while (inWork.length > 0) await finishOldest();
  } finally {
    await Promise.allSettled(inWork.map(({ done }) => done));
    await workshop.solver.close();
  }
  onProgress?.(plan.jobs.length, plan.jobs.length, '');
  for (const entry of await findNonFinite([...unseen.values()], float64Device(device))) suspects.set(entry.name, entry);
  const nonFinite: Array<NonFinite & { name: string }> = [];
  for (const [name, entry] of suspects) {
    const counts = await countNonFinite(entry, float64Device(device));
    if (counts.nan + counts.inf > 0) nonFinite.push({ name, ...counts });
  }
  return { skipped, nonFinite: nonFinite.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** What is known of each job; asking for one starts the next. */
function readAhead(jobs: readonly Job[], prepare: SpectraSettings['prepare']) {
  const started = new Map<number, Promise<Known | null>>();
  const start = (index: number): Promise<Known | null> => {
    const job = jobs[index];
    const known = started.get(index) ?? (job && prepare ? prepare(job) : Promise.resolve(null));
    // It is waited for later.
    known.catch(() => {});
    started.set(index, known);
    return known;
  };
  return async (index: number): Promise<Known | null> => {
    const known = await start(index);
    started.delete(index);
    start(index + 1);
    return known;
  };
}

async function measureOne(job: Job, method: MethodChoice, device: Device, workshop: Workshop): Promise<Spectrum> {
  try {
    return await measureJob(job, method, device, workshop);
  } catch (error) {
    if (error instanceof Error) error.message = `${job.name} (${job.of}): ${error.message}`;
    throw error;
  }
}

function measureJob(job: Job, choice: MethodChoice, wanted: Device, workshop: Workshop): Promise<Spectrum> {
  const wantRowGini = isEmbedding(job.place.module);
  const method = methodOf(job, choice);
  const device = deviceOf(method, wanted);
  if (job.kind === 'lora') return workshop.turns.take(() => loraSpectrum(job.update, wantRowGini, device));
  const reference = job.kind === 'difference' ? job.reference : null;
  return method === 'exact'
    ? exactSpectrum(job.matrix, reference, wantRowGini, device, workshop)
    : workshop.turns.take(() => boundedSpectrum(job.matrix, reference, wantRowGini, device));
}

const GIB = 1024 ** 3;

function overLimit(need: number, limit: number): string {
  return `its product would need ${gibibytes(need)}, over the memory limit of ${gibibytes(limit)}`;
}

function gibibytes(bytes: number): string {
  return `${Number((bytes / GIB).toPrecision(2))} GiB`;
}
