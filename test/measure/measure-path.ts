import { measure } from '../../src/measure/measure.ts';
import { type MeasuredModel, openMeasured } from '../../src/measure/open-measured.ts';
import type { MeasureOptions } from '../../src/measure/options.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';

export interface PathOptions extends MeasureOptions, Omit<MeasuredModel, 'path' | 'checkpoint'> {
  readonly checkpoint: string;
}

/** Open a checkpoint and measure it. */
export async function measurePath({ reference, adapter, endpoint, ...named }: PathOptions): Promise<Measurement> {
  const { checkpoint, ...options } = named;
  const { spectra } = options;
  return measure(await openMeasured({ checkpoint, reference, adapter, endpoint, spectra }), options);
}
