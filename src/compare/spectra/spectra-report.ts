import { given } from '@shadow-gate/platform';
import { tensorKey } from '../../measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../measure/schema/index.ts';
import type { BaselineMatrix, SpectraReport } from '../rows/spectra.ts';
import type { Comparability } from './comparability.ts';

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
  const shown = { frobeniusNorm, stableRank, effectiveRank, rank, topEnergy, ...given({ snr, updateSize }) };
  return { of, name, status, method, spectrum, metrics: shown };
}

/** The first matrix that is there twice, or has no counterpart in the candidate; null if there is none. */
export function contradictionInSpectra(spectra: SpectraReport, tensors: readonly TensorMeasurement[]) {
  const left = new Set(tensors.map(tensorKey));
  for (const [index, matrix] of (spectra.baseline ?? []).entries()) {
    if (!left.delete(tensorKey(matrix))) return { index, message: 'is there twice, or not a matrix of the candidate' };
    if ((matrix.status === 'measured') !== (matrix.metrics !== null)) {
      return { index, message: 'has a status that does not fit its metrics' };
    }
  }
  return null;
}
