import { join } from 'node:path';
import { writeJson } from '@shadow-gate/platform/files';
import { selectProbes } from '../../../src/gate/select-probes.ts';
import { openMeasuredReference } from '../../../src/measure/open-measured.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import type { Shard } from '../../../src/measure/shards/shard.ts';
import { findPolicy } from '../../../src/policy/load.ts';
import { repository, temporaryFolder } from '../../fixtures.ts';
import { measurePath, type PathOptions } from '../measure-path.ts';

export const example = (name: string) => repository('examples', name);

export type Measuring = (shard?: Shard) => Promise<Measurement>;

/** A function that measures spectra and probes as in the examples, of a whole checkpoint or of a shard. */
export async function measuring(options: PathOptions): Promise<Measuring> {
  const reference = await openMeasuredReference(example('base'));
  const probes = await selectProbes(await findPolicy(example('shadow-gate.yml')), { seed: 1 });
  return (shard) => measurePath({ device: 'cpu', reference, probes, ...options, shard: shard ?? null });
}

export async function writeShards(measuring: Measuring, count: number): Promise<string[]> {
  const folder = temporaryFolder();
  const files: string[] = [];
  for (let index = 1; index <= count; index += 1) {
    const file = join(folder, `${index}.json`);
    await writeJson(file, await measuring({ index, count }));
    files.push(file);
  }
  return files;
}

/** The JSON text, without the values of `run`, which depend on machine and time. */
export function text(measurement: Measurement): string {
  return JSON.stringify({ ...measurement, run: null }, null, 2);
}
