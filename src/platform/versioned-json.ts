import { z } from 'zod';
import { readTextFile } from './read-text-file.ts';
import { UserError } from './user-error.ts';

/** A JSON format of ours: the value of its key `schema`, and what else it must be. */
export interface VersionedFormat<T> {
  readonly version: string;
  readonly schema: z.ZodType<T>;
  /** What to do about a text that is not of this format. */
  readonly hint: string;
}

const headerSchema = z.looseObject({ schema: z.string() });

/** Read and validate a file. @throws UserError naming the file and what is wrong with it */
export async function readVersioned<T>(path: string, format: VersionedFormat<T>): Promise<T> {
  const text = await readTextFile(path);
  if (text === null) throw new UserError(`${path} does not exist`, format.hint);
  return parseVersioned(text, path, format);
}

/**
 * Parse and validate a text.
 * @param name what errors call it
 * @param notJson what errors report of a text that is not JSON
 * @throws UserError with the name and the first thing that is wrong
 */
export function parseVersioned<T>(
  text: string,
  name: string,
  { version, schema, hint }: VersionedFormat<T>,
  notJson = 'is not JSON',
): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${name} ${notJson}`, hint);
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw new UserError(`${name} has no "schema"`, hint);
  if (header.data.schema !== version) {
    throw new UserError(
      `${name} is of schema ${JSON.stringify(header.data.schema)}, this version reads ${version}`,
      hint,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  throw new UserError(`${name} is not a valid ${version}: ${where}${issue?.message}`, hint);
}
