import { writeFileAtomic } from '@shadow-gate/platform/files';
import { jsonLines } from '@shadow-gate/platform/json';
import { packItemTable } from '@shadow-gate/probes/answer';
import type { Measurement } from './measurement.ts';

/** A measurement as its file has it: the items of the probes are a table. */
export function storedMeasurement(measurement: Measurement): object {
  const { probes } = measurement;
  if (probes?.status !== 'measured') return measurement;
  return { ...measurement, probes: { ...probes, items: packItemTable(probes.items, probes.suites) } };
}

export function measurementText(measurement: Measurement): string {
  return `${jsonLines(storedMeasurement(measurement))}\n`;
}

export async function writeMeasurement(path: string, measurement: Measurement): Promise<void> {
  await writeFileAtomic(path, measurementText(measurement));
}
