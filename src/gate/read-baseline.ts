import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { REPORT_SCHEMA, type Report, reportSchema } from '../compare/report.ts';
import { isHubPath } from '../hub/hub-path.ts';
import { MEASUREMENT_SCHEMA, type Measurement, measurementSchema } from '../measure/schema/measurement.ts';
import { readTextFile } from '../platform/read-text-file.ts';
import { UserError } from '../platform/user-error.ts';

/** What a baseline argument turned out to be. */
export type BaselineSource =
  | { readonly kind: 'missing' }
  /** A checkpoint, to be measured the same way as the candidate. */
  | { readonly kind: 'checkpoint'; readonly path: string }
  | {
      readonly kind: 'measurement';
      readonly measurement: Measurement;
      /** The commit that it was read from; null where it was read from the disk. */
      readonly commit: string | null;
    };

/** A baseline that was chosen, and what to call it. */
export interface ApprovedBaseline {
  readonly source: BaselineSource;
  /** Its path, or where it came from. */
  readonly name: string;
}

/**
 * A baseline is a measurement file or a checkpoint; a path where nothing is, is a missing baseline.
 * @throws UserError for a file that is neither
 */
export async function readBaseline(path: string): Promise<BaselineSource> {
  if (isHubPath(path)) return { kind: 'checkpoint', path };
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) return { kind: 'missing' };
  if (info.isDirectory() || /\.(safetensors|onnx)$/.test(path)) return { kind: 'checkpoint', path };
  return { kind: 'measurement', measurement: await readMeasurement(path), commit: null };
}

/**
 * A baseline whose text was read from a commit.
 * @param name how errors name it
 * @throws UserError for a text that is no measurement
 */
export function parseBaseline(text: string, name: string, commit: string): BaselineSource {
  return { kind: 'measurement', measurement: parseMeasurement(text, name), commit };
}

/** Read and validate a measurement file. @throws UserError naming the file and what is wrong with it */
export async function readMeasurement(path: string): Promise<Measurement> {
  return expectWhole(await readMeasurementOrShard(path), path);
}

/** Read a measurement file that may be a part. @throws UserError naming the file and what is wrong with it */
export async function readMeasurementOrShard(path: string): Promise<Measurement> {
  return readVersioned(path, MEASUREMENT_SCHEMA, measurementSchema, MEASUREMENT_MEND);
}

/** A report's text. @throws UserError for a text that is none */
export function parseReport(text: string, name: string): Report {
  return parseVersioned(text, name, REPORT_SCHEMA, reportSchema, "make it with 'shadow-gate check --out'");
}

/** Read and validate a report file. @throws UserError naming the file and what is wrong with it */
export async function readReport(path: string): Promise<Report> {
  return readVersioned(path, REPORT_SCHEMA, reportSchema, "make it with 'shadow-gate check --out'");
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
async function readVersioned<T>(path: string, version: string, schema: z.ZodType<T>, mend: string): Promise<T> {
  const text = await readTextFile(path);
  if (text === null) throw new UserError(`${path} does not exist`, mend);
  return parseVersioned(text, path, version, schema, mend);
}

function parseVersioned<T>(text: string, path: string, version: string, schema: z.ZodType<T>, mend: string): T {
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
