import { type Device, float64Device } from '../onnx/session.ts';
import { exactMemory, NOT_FINITE, type Spectrum } from './exact/exact-spectrum.ts';
import { fastSpectrum } from './fast/fast-spectrum.ts';
import type { Job } from './jobs.ts';
import type { MatrixSource } from './load-matrix.ts';
import { loraMemory } from './lora-spectrum.ts';
import { EXACT_ONLY, type Method } from './metrics-schema.ts';

/** What may be asked for; `auto` is exact for matrices that take no time. */
export const METHOD_CHOICES = ['auto', 'exact', 'fast'] as const;
export type MethodChoice = (typeof METHOD_CHOICES)[number];

/** Exact up to so many columns (of the shorter side): fast brackets would hardly be faster there. */
const EXACT_UP_TO = 1024;

/** Below this a Krylov basis is all there is. */
const ALL_OF_IT = 64;

/** How the spectrum of a job is computed. That of an adapter is exact: it takes an r × r core. */
export function methodOf(job: Job, choice: MethodChoice): Method {
  if (job.kind === 'lora' || choice === 'exact') return 'exact';
  return Math.min(...job.matrix.view.shape) > (choice === 'fast' ? ALL_OF_IT : EXACT_UP_TO) ? 'fast' : 'exact';
}

/** Where a spectrum is computed that is wanted on a device: exact ones need float64. */
export function deviceOf(method: Method, device: Device): Device {
  return method === 'fast' ? device : float64Device(device);
}

/**
 * Copies of the matrix in float32 that are alive at once, the file's pages included: as it is read and as onnxruntime packs
 * it; of a difference both operands too.
 */
const COPIES_ALIVE = { weight: 3, difference: 5 } as const;

/** Vectors of the basis, of the probes, and of the products with them. */
const VECTORS_ALIVE = 3000;

/** Bytes that the spectrum of a job needs at its peak. */
export function memoryOf(job: Job, method: Method): number {
  if (job.kind === 'lora') return loraMemory(job.update);
  const [m, n] = job.matrix.view.shape;
  if (method === 'exact') return exactMemory([m, n]);
  return 4 * (COPIES_ALIVE[job.kind] * m * n + VECTORS_ALIVE * Math.min(m, n));
}

/** The fast spectrum of a matrix in the form of an exact one. What needs every singular value is null. */
export async function boundedSpectrum(
  matrix: MatrixSource,
  reference: MatrixSource | null,
  wantRowGini: boolean,
  device: Device,
): Promise<Spectrum> {
  const { finite, metrics, profile } = await fastSpectrum(matrix, reference, wantRowGini, device);
  const how = { accumulation: 'float32', method: 'fast' } as const;
  if (!finite) return { ...NOT_FINITE, ...how };
  return {
    singularValues: new Float64Array(),
    profile,
    metrics: metrics && { ...metrics, ...EXACT_ONLY },
    finite,
    ...how,
  };
}
