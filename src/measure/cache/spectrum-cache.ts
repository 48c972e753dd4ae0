import { createHash } from 'node:crypto';
import type { TensorDigests } from '@shadow-gate/checkpoints';
import { isEmbedding } from '@shadow-gate/checkpoints/naming';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { VERSION } from '@shadow-gate/platform';
import { parseJson, seal, unseal } from '@shadow-gate/platform/json';
import type { Job, MatrixSource } from '@shadow-gate/spectra';
import { z } from 'zod';
import { type TensorMeasurement, tensorSchema } from '../schema/measurement.ts';

const SCHEMA = 'shadow-gate/spectrum@1';

/** Raise it with every change to how a spectrum is computed that comes without a new version. */
export const REVISION = 11;

/** Everything that is cached of a spectrum: not where its matrix is in the model. */
const entrySchema = tensorSchema
  .pick({ status: true, method: true, accumulation: true, metrics: true, spectrum: true })
  .extend({ schema: z.literal(SCHEMA), key: z.string() });
export type CachedSpectrum = Pick<TensorMeasurement, 'status' | 'method' | 'accumulation' | 'metrics' | 'spectrum'>;

export function encodeSpectrum(
  key: string,
  { status, method, accumulation, metrics, spectrum }: CachedSpectrum,
): string {
  return seal({ schema: SCHEMA, key, status, method, accumulation, metrics, spectrum });
}

/** @returns null for a text that is damaged, was edited, or belongs to another key */
export function decodeSpectrum(text: string, key: string): CachedSpectrum | null {
  try {
    const entry = entrySchema.parse(parseJson(unseal(text) ?? '', { name: key, hint: '' }));
    const { schema: _, key: own, ...spectrum } = entry;
    return own === key ? spectrum : null;
  } catch {
    return null;
  }
}

/** 64 hexadecimal digits that change with the bytes of the job's tensors, the slice of them, and the computation. */
export async function spectrumKey(job: Job, digests: TensorDigests): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const how = `${job.device.name} ${job.method}`;
  const parts = [SCHEMA, VERSION, REVISION, platform, how, isEmbedding(job.place.module), await inputsOf(job, digests)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function inputsOf(job: Job, digests: TensorDigests): Promise<unknown> {
  const bytes = ({ dtype, shape }: TensorEntry, digest: string) => [dtype, shape, digest];
  const whole = async (entry: TensorEntry) => bytes(entry, await digests.of(entry));
  const cut = async ({ source, view }: MatrixSource) => [await whole(source), view];
  if (job.kind === 'weight') return [job.kind, await cut(job.matrix)];
  if (job.kind === 'difference') return [job.kind, await cut(job.matrix), await cut(job.reference)];
  if (job.kind === 'dora') {
    const { module, magnitude, base } = job.dora;
    const { rank, scale, transposed, inputFirst = false } = module;
    const factors = [await whole(module.a), await whole(module.b), await whole(magnitude)];
    return [job.kind, await cut(job.matrix), await cut(base), ...factors, rank, scale, transposed, inputFirst];
  }
  const { module, b, base } = job.update;
  const { rank, scale, transposed, inputFirst = false, views } = module;
  const factors = [await whole(module.a), await whole(module.b)];
  const inner = views === undefined ? [] : [views.a];
  return [job.kind, ...factors, b, rank, scale, transposed, inputFirst, base && (await cut(base)), ...inner];
}
