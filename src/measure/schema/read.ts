import { z } from 'zod';
import { readTextFile } from '../../platform/read-text-file.ts';
import { UserError } from '../../platform/user-error.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from './measurement.ts';

/** Read and validate a measurement file. @throws UserError naming the file and what is wrong with it */
export async function readMeasurement(path: string): Promise<Measurement> {
  return expectWhole(await readMeasurementOrShard(path), path);
}

/** Read a measurement file that may be a part. @throws UserError naming the file and what is wrong with it */
export async function readMeasurementOrShard(path: string): Promise<Measurement> {
  return readVersioned(path, MEASUREMENT_SCHEMA, measurementSchema, MEASUREMENT_MEND);
}

const MEASUREMENT_MEND = "make it with 'shadow-gate measure'";

/** @throws UserError for a text that is no whole measurement */
export function parseMeasurement(text: string, name: string): Measurement {
  return expectWhole(parseVersioned(text, name, MEASUREMENT_SCHEMA, measurementSchema, MEASUREMENT_MEND), name);
}

/** A part of a measurement would be compared as if the rest were not there. @throws UserError for a shard */
export function expectWhole(measurement: Measurement, where: string): Measurement {
  const { shard } = measurement;
  if (shard === null) return measurement;
  throw new UserError(
    `${where} is shard ${shard.index}/${shard.count} of a measurement`,
    "join all of them with 'shadow-gate merge' first",
  );
}

const versionedSchema = z.looseObject({ schema: z.string() });

/**
 * Read a JSON file of ours and validate it.
 * @param mend what to do about a file that is not one
 */
export async function readVersioned<T>(path: string, version: string, schema: z.ZodType<T>, mend: string): Promise<T> {
  const text = await readTextFile(path);
  if (text === null) throw new UserError(`${path} does not exist`, mend);
  return parseVersioned(text, path, version, schema, mend);
}

export function parseVersioned<T>(text: string, path: string, version: string, schema: z.ZodType<T>, mend: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${path} is not JSON`, mend);
  }
  const header = versionedSchema.safeParse(json);
  if (!header.success) throw new UserError(`${path} has no "schema"`, mend);
  if (header.data.schema !== version) {
    throw new UserError(
      `${path} is of schema ${JSON.stringify(header.data.schema)}, this version reads ${version}`,
      mend,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${path} is not a valid ${version}: ${issue?.path.join('.')}: ${issue?.message}`, mend);
}
