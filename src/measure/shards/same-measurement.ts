import { UserError } from '../../platform/user-error.ts';
import type { Measurement } from '../schema/measurement.ts';
import type { ShardMeasurement } from '../schema/shard.ts';

/** What shards of one measurement have in common, and what to call it. */
const COMMON: ReadonlyArray<readonly [what: string, of: (file: ShardFile) => unknown]> = [
  ['tool version', ({ measurement: { tool } }) => tool.version],
  ['number of shards', ({ shard }) => shard.count],
  ['checkpoint', ({ measurement: { checkpoint } }) => checkpoint.digest],
  ['reference', ({ measurement: { reference } }) => reference?.digest ?? null],
  ['device', ({ measurement: { device } }) => device],
  ['half (--only)', ({ measurement }) => halves(measurement)],
  ['seed', (file) => probes(file)?.seed],
  ['chat template', (file) => probes(file)?.chatTemplate],
  ['probe suites', (file) => probes(file)?.suites],
  // What follows from all of these; where it does not, the file was changed by hand.
  ['description of the checkpoint', ({ measurement: { checkpoint, architecture } }) => [checkpoint, architecture]],
  ['list of tensors', ({ measurement: { vectors, mismatched }, shard }) => [shard.spectra?.jobs, vectors, mismatched]],
  ['number of probes', (file) => probes(file) && file.shard.probes?.asked],
];

/**
 * Are these shards of one measurement?
 * @throws UserError naming the first file that is not like the first, and in what
 */
export function expectOneMeasurement(files: readonly [ShardFile, ...ShardFile[]]): void {
  const [first] = files;
  for (const [what, of] of COMMON) {
    for (const file of files) {
      const [theirs, ours] = [of(file), of(first)];
      // A shard that could not ask has no answer to questions about the probes.
      if (theirs === undefined || ours === undefined || JSON.stringify(theirs) === JSON.stringify(ours)) continue;
      const values = [theirs, ours].every(isShort) ? ` (${theirs ?? 'none'} and ${ours ?? 'none'})` : '';
      throw new UserError(
        `${file.path} is no shard of the same measurement as ${first.path}: another ${what}${values}`,
        'give the shards of one measurement, all of the same inputs, settings and version',
      );
    }
  }
}

const isShort = (value: unknown): boolean => value === null || typeof value !== 'object';

function halves({ method, probes }: ShardFile['measurement']): string {
  const names = [method === null ? '' : 'spectra', probes === null ? '' : 'probes'].filter(Boolean);
  return names.join(' and ') || 'nothing';
}

function probes({ measurement }: ShardFile) {
  return measurement.probes?.status === 'measured' ? measurement.probes : undefined;
}

/** A part of a measurement, and the file that it lies in. */
export interface ShardFile {
  readonly path: string;
  readonly measurement: Measurement;
  readonly shard: ShardMeasurement;
}
