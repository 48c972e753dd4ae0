import { metricsSchema } from '@shadow-gate/spectra/metrics-schema';
import { z } from 'zod';
import { tensorKey } from '../../measure/aggregate.ts';
import { type Measurement, type TensorMeasurement, tensorSchema } from '../../measure/schema/index.ts';
import type { Comparability } from './comparability.ts';

const SHOWN = {
  frobeniusNorm: true,
  stableRank: true,
  effectiveRank: true,
  rank: true,
  topEnergy: true,
  snr: true,
  updateSize: true,
} as const;

/**
 * Numbers of a matrix of the baseline: it has the place and the shape of the candidate's of the same name. The page
 * shows few of them; the others stay, since older versions read the report too.
 */
const baselineMatrixSchema = tensorSchema
  .pick({ of: true, name: true, status: true, method: true, spectrum: true })
  .extend({ metrics: metricsSchema.pick(SHOWN).nullable() });
export type BaselineMatrix = z.infer<typeof baselineMatrixSchema>;

/** What a page about the spectra needs in addition to the candidate's matrices. */
export const spectraReportSchema = z.strictObject({
  /** Null: there is no baseline. Matrices that may not be compared are left out. */
  baseline: z.array(baselineMatrixSchema).nullable(),
});
type SpectraReport = z.infer<typeof spectraReportSchema>;

interface ComparedSpectra {
  readonly candidate: Measurement;
  readonly baseline: Measurement | null;
  readonly comparability: Pick<Comparability, 'weights' | 'deltas'>;
}

export function reportSpectra({ candidate, baseline, comparability }: ComparedSpectra): SpectraReport {
  const names = new Set(candidate.tensors.map(tensorKey));
  const may = ({ of }: TensorMeasurement) => (of === 'delta' ? comparability.deltas : comparability.weights);
  return {
    baseline: baseline?.tensors.filter((tensor) => may(tensor) && names.has(tensorKey(tensor))).map(compact) ?? null,
  };
}

function compact({ of, name, status, method, spectrum, metrics }: TensorMeasurement): BaselineMatrix {
  if (metrics === null) return { of, name, status, method, spectrum, metrics };
  const { frobeniusNorm, stableRank, effectiveRank, rank, topEnergy, snr, updateSize } = metrics;
  const optional = { ...(snr === undefined ? {} : { snr }), ...(updateSize === undefined ? {} : { updateSize }) };
  const shown = { frobeniusNorm, stableRank, effectiveRank, rank, topEnergy, ...optional };
  return { of, name, status, method, spectrum, metrics: shown };
}

/** The first matrix that is there twice, or has no counterpart in the candidate; null if there is none. */
export function contradictionInSpectra(
  spectra: SpectraReport,
  tensors: readonly TensorMeasurement[],
): { readonly index: number; readonly message: string } | null {
  const left = new Set(tensors.map(tensorKey));
  for (const [index, matrix] of (spectra.baseline ?? []).entries()) {
    if (!left.delete(tensorKey(matrix))) return { index, message: 'is there twice, or not a matrix of the candidate' };
    if ((matrix.status === 'measured') !== (matrix.metrics !== null)) {
      return { index, message: 'has a status that does not fit its metrics' };
    }
  }
  return null;
}
