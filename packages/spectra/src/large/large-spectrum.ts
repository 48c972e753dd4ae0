import type { Device } from '@shadow-gate/checkpoints/onnx';
import { boundedSpectrum } from '../fast/fast-spectrum.ts';
import type { MatrixSource } from '../load-matrix.ts';
import { screenSpectrum } from '../screen/screen-spectrum.ts';
import type { Spectrum } from '../spectrum.ts';

export interface LargeMatrix {
  readonly method: 'fast' | 'screened';
  readonly matrix: MatrixSource;
  /** Measure ΔW = W − reference instead of W. */
  readonly reference: MatrixSource | null;
  readonly device: Device;
  readonly wantRowGini: boolean;
}

/** Its screen, if that was asked for and decides anything; otherwise its fast spectrum. */
export async function largeSpectrum({ method, matrix, ...options }: LargeMatrix): Promise<Spectrum> {
  const screen = method === 'screened' ? await screenSpectrum(matrix, options) : null;
  return screen ?? boundedSpectrum(matrix, options);
}
