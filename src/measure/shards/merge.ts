import { UserError } from '../../platform/user-error.ts';
import { methodOfAll, summarize } from '../aggregate.ts';
import { type Measurement, measurementSchema } from '../schema/measurement.ts';
import type { Probes } from '../schema/probes.ts';
import { readMeasurementOrShard } from '../schema/read.ts';
import type { ShardMeasurement } from '../schema/shard.ts';
import { joinAnswers } from './join-answers.ts';
import { joinInPlaces } from './join-places.ts';
import { expectOneMeasurement, type ShardFile } from './same-measurement.ts';

/**
 * Read the shards of a measurement and join them.
 * @throws UserError naming the file that does not belong there, or the shard that is missing
 */
export async function mergeFiles(paths: readonly string[]): Promise<Measurement> {
  const files: ShardFile[] = [];
  for (const path of paths) files.push(asShard(path, await readMeasurementOrShard(path)));
  return mergeShards(files);
}

function asShard(path: string, measurement: Measurement): ShardFile {
  const { shard } = measurement;
  if (shard === null) {
    throw new UserError(
      `${path} is no shard, but a whole measurement`,
      "give what 'shadow-gate measure --shard' wrote",
    );
  }
  if (!isWhole(measurement, shard)) {
    throw new UserError(`${path} is damaged: its shard does not describe what it holds`, 'measure that shard again');
  }
  return { path, measurement, shard };
}

function isWhole({ method, skipped, probes }: Measurement, { index, count, spectra, probes: asked }: ShardMeasurement) {
  const answers = probes?.status === 'measured' ? probes : null;
  return (
    index <= count &&
    (method === null) === (spectra === null) &&
    (answers === null) === (asked === null) &&
    skipped.length >= (spectra?.skipped.length ?? 0) &&
    answers?.leftOut.length === asked?.leftOut.length
  );
}

/**
 * The measurement that one machine would have written, but for `run`. Pure.
 * @param files in any order
 * @throws UserError for shards that are missing, there twice, or not of one measurement
 */
export function mergeShards(files: readonly ShardFile[]): Measurement {
  const shards = inOrder(files);
  const [first] = shards;
  const spectra = joinSpectra(shards);
  return measurementSchema.parse({
    ...first.measurement,
    method: first.measurement.method && methodOfAll(spectra.tensors),
    ...summarize(spectra.tensors),
    ...spectra,
    nonFinite: joinNonFinite(shards),
    probes: joinProbes(shards),
    shard: null,
    run: joinRuns(shards),
  });
}

type Shards = readonly [ShardFile, ...ShardFile[]];

/** By their index, complete. A foreign shard is not to be called a duplicate, so that comes first. */
function inOrder(files: readonly ShardFile[]): Shards {
  const [first, ...rest] = [...files].sort((a, b) => a.shard.index - b.shard.index);
  if (!first) throw new UserError('there are no shards to merge', 'give the files of all of them');
  const shards: Shards = [first, ...rest];
  expectOneMeasurement(shards);
  const { count } = first.shard;
  for (const [i, { path, shard }] of shards.entries()) {
    const before = shards[i - 1];
    if (before?.shard.index === shard.index) {
      throw new UserError(`${before.path} and ${path} are both shard ${shard.index}/${count}`, 'give each shard once');
    }
  }
  const there = new Set(shards.map(({ shard }) => shard.index));
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !there.has(index));
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED_MISSING).map((index) => `${index}/${count}`);
    const more = missing.length > NAMED_MISSING ? ` and ${missing.length - NAMED_MISSING} more` : '';
    throw new UserError(
      `${missing.length > 1 ? 'shards' : 'shard'} ${names.join(', ')}${more} of ${first.path} ${missing.length > 1 ? 'are' : 'is'} missing`,
      'measure what is missing, and give the files of all shards',
    );
  }
  return shards;
}

/** Missing shards that an error names. */
const NAMED_MISSING = 5;

function joinSpectra(shards: Shards): Pick<Measurement, 'tensors' | 'skipped'> {
  const [{ measurement, shard }] = shards;
  const { spectra } = shard;
  if (spectra === null) return { tensors: [], skipped: measurement.skipped };
  const ofPlan = measurement.skipped.length - spectra.skipped.length;
  const joined = joinInPlaces(
    'spectrum',
    spectra.jobs,
    shards.map(({ path, measurement: { tensors, skipped }, shard }) => {
      const places = shard.spectra ?? { measured: [], skipped: [] };
      return {
        path,
        places: [...places.measured, ...places.skipped],
        things: [
          ...tensors.map((tensor) => ({ tensor })),
          ...skipped.slice(skipped.length - places.skipped.length).map((left) => ({ left })),
        ],
      };
    }),
  );
  joinInPlaces(
    'vector',
    measurement.vectors.length,
    shards.map(({ path, shard }) => ({
      path,
      places: shard.spectra?.vectors ?? [],
      things: shard.spectra?.vectors ?? [],
    })),
  );
  return {
    tensors: joined.flatMap((thing) => ('tensor' in thing ? [thing.tensor] : [])),
    skipped: [
      ...measurement.skipped.slice(0, ofPlan),
      ...joined.flatMap((thing) => ('left' in thing ? [thing.left] : [])),
    ],
  };
}

/** Parts of a fused tensor may lie in several shards, and each of these looks at all of it. */
function joinNonFinite(shards: Shards): Measurement['nonFinite'] {
  const byName = new Map(
    shards.flatMap(({ measurement }) => measurement.nonFinite.map((found) => [found.name, found])),
  );
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A model that could not be asked everything could not be asked. Where only some shards failed, the first of them says why;
 * one machine may have come upon another item first.
 */
function joinProbes(shards: Shards): Probes | null {
  const [{ measurement, shard }] = shards;
  const failed = shards.find(({ measurement: { probes } }) => probes?.status === 'notRun');
  if (failed) return failed.measurement.probes;
  if (measurement.probes?.status !== 'measured' || shard.probes === null) return measurement.probes;
  const parts = shards.map(({ path, measurement: { probes }, shard }) => {
    const share = shard.probes ?? { items: [], leftOut: [] };
    const asked = probes?.status === 'measured' ? probes : { items: [], leftOut: [] };
    return { path, share, asked };
  });
  const suitesSize = measurement.probes.suites.reduce((sum, { items }) => sum + items, 0);
  const answers = joinInPlaces(
    'probe',
    suitesSize,
    parts.map(({ path, share, asked }) => ({
      path,
      places: share.items,
      things: asked.items.map((item, i) => ({ place: share.items[i] ?? 0, item })),
    })),
    shard.probes.asked,
  );
  const leftOut = parts.flatMap(({ share, asked }) =>
    asked.leftOut.map((item, i) => ({ place: share.leftOut[i]?.place ?? 0, fact: share.leftOut[i]?.fact ?? '', item })),
  );
  return { ...measurement.probes, ...joinAnswers([{ items: answers, leftOut }]) };
}

/** The machines work side by side: it began with the first of them, and took as long as the slowest. */
function joinRuns(shards: Shards): Measurement['run'] {
  const runs = shards.map(({ measurement }) => measurement.run);
  const [{ measurement }] = shards;
  const asked = runs.flatMap(({ probes }) => probes ?? []);
  const [answerer] = asked;
  return {
    ...measurement.run,
    time: runs.map(({ time }) => time).sort()[0] ?? measurement.run.time,
    durationSeconds: Math.max(...runs.map(({ durationSeconds }) => durationSeconds)),
    recalledSpectra: runs.reduce((sum, { recalledSpectra }) => sum + recalledSpectra, 0),
    probes: answerer
      ? {
          by: answerer.by,
          seconds: Math.max(...asked.map(({ seconds }) => seconds)),
          expectedSeconds: Math.max(...asked.map(({ expectedSeconds }) => expectedSeconds)),
        }
      : null,
  };
}
