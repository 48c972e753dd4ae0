import { UserError } from '@shadow-gate/platform';
import { isObject, parseVersioned, readVersioned, type VersionedFormat } from '@shadow-gate/platform/json';
import { unpackItems } from '@shadow-gate/probes/answer';
import { contradictionIn } from './contradictions.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './measurement.ts';

const FORMAT = {
  version: MEASUREMENT_SCHEMA,
  schema: measurementSchema,
  hint: "make it with 'shadow-gate measure'",
  unpack: unpackMeasurement,
} as const;

/** The items of the probes are stored as a table; files of older versions have them as a list. */
function unpackMeasurement(json: object): ReturnType<NonNullable<VersionedFormat<Measurement>['unpack']>> {
  const probes = 'probes' in json ? json.probes : null;
  if (!isObject(probes) || !('items' in probes) || !isObject(probes.items)) return { json };
  const unpacked = unpackItems(probes.items, 'suites' in probes ? probes.suites : null);
  if ('items' in unpacked) return { json: { ...json, probes: { ...probes, items: unpacked.items } } };
  const { path, message } = unpacked.issue;
  return { issue: { path: ['probes', 'items', ...path], message } };
}

/** Read and validate a measurement file. @throws UserError naming the file and what is wrong with it */
export async function readMeasurement(path: string): Promise<Measurement> {
  return expectWhole(await readMeasurementOrShard(path), path);
}

/** Read a measurement file that may be a shard. @throws UserError naming the file and what is wrong with it */
export async function readMeasurementOrShard(path: string): Promise<Measurement> {
  return expectConsistent(await readVersioned(path, FORMAT), path);
}

/** @throws UserError for a text that is not a whole measurement */
export function parseMeasurement(text: string, name: string): Measurement {
  return expectWhole(expectConsistent(parseVersioned(text, name, FORMAT), name), name);
}

/** A measurement that contradicts itself would be judged like any other. @throws UserError for a contradiction */
function expectConsistent(measurement: Measurement, where: string): Measurement {
  const contradiction = measurement.shard === null ? contradictionIn(measurement) : null;
  if (contradiction === null) return measurement;
  throw new UserError(`${where} contradicts itself: ${contradiction}`, FORMAT.hint);
}

/** A shard would be compared as if the rest of the measurement did not exist. @throws UserError for a shard */
function expectWhole(measurement: Measurement, where: string): Measurement {
  const { shard } = measurement;
  if (shard === null) return measurement;
  throw new UserError(
    `${where} is shard ${shard.index}/${shard.count} of a measurement`,
    "join all of its shards with 'shadow-gate merge' first",
  );
}
