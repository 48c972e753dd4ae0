import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TensorDigests } from '../../checkpoint/digest.ts';
import { isEmbedding } from '../../checkpoint/module-type.ts';
import type { TensorEntry } from '../../checkpoint/types.ts';
import type { ResultStore } from '../../platform/key-value-store.ts';
import { VERSION } from '../../platform/version.ts';
import type { Job } from '../../spectra/jobs.ts';
import type { MatrixSource } from '../../spectra/load-matrix.ts';
import { type TensorMeasurement, tensorSchema } from '../schema/measurement.ts';

const SCHEMA = 'shadow-gate/spectrum@1';

/** To be raised with every change to how a spectrum is computed that is no new version yet. */
const REVISION = 4;

/** What is kept of a spectrum: all but where it stands in the model. */
const knownSchema = tensorSchema
  .pick({ status: true, method: true, accumulation: true, metrics: true, spectrum: true })
  .extend({ schema: z.literal(SCHEMA), key: z.string() });
export type KnownSpectrum = Pick<TensorMeasurement, 'status' | 'method' | 'accumulation' | 'metrics' | 'spectrum'>;

/** @returns null for one that is not there, or not whole */
export async function recallSpectrum(store: ResultStore, key: string): Promise<KnownSpectrum | null> {
  const text = await store.recall(key);
  if (text === null) return null;
  try {
    const { schema: _, key: own, ...known } = knownSchema.parse(JSON.parse(text));
    return own === key ? known : null;
  } catch {
    return null;
  }
}

export async function keepSpectrum(store: ResultStore, key: string, spectrum: KnownSpectrum): Promise<void> {
  const { status, method, accumulation, metrics, spectrum: profile } = spectrum;
  const known = { status, method, accumulation, metrics, spectrum: profile };
  await store.keep(key, JSON.stringify({ schema: SCHEMA, key, ...known }));
}

/**
 * What a spectrum depends on: the bytes of its tensors, how the matrix lies in them, and by what it is computed.
 * @param how device and method
 * @returns 64 hexadecimal digits
 */
export async function keyOfSpectrum(job: Job, digests: TensorDigests, how: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const parts = [SCHEMA, VERSION, REVISION, platform, how, isEmbedding(job.place.module), await inputsOf(job, digests)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Every tensor that a job reads. */
export function tensorsOf(job: Job): TensorEntry[] {
  if (job.kind === 'weight') return [job.matrix.source];
  if (job.kind === 'difference') return [job.matrix.source, job.reference.source];
  const { module, base } = job.update;
  return [module.a, module.b, ...(base ? [base.source] : [])];
}

async function inputsOf(job: Job, digests: TensorDigests): Promise<unknown> {
  const bytes = ({ dtype, shape }: TensorEntry, digest: string) => [dtype, shape, digest];
  const whole = async (entry: TensorEntry) => bytes(entry, await digests.of(entry));
  const cut = async ({ source, view }: MatrixSource) => [await whole(source), view];
  if (job.kind === 'weight') return [job.kind, await cut(job.matrix)];
  if (job.kind === 'difference') return [job.kind, await cut(job.matrix), await cut(job.reference)];
  const { module, b, base } = job.update;
  const { rank, scale, transposed } = module;
  return [
    job.kind,
    await whole(module.a),
    await whole(module.b),
    b,
    rank,
    scale,
    transposed,
    base && (await cut(base)),
  ];
}
