import type { z } from 'zod';
import { readTextFile } from '../files/read-text-file.ts';
import { UserError } from '../user-error.ts';
import { type FirstIssue, validate } from './first-issue.ts';
import { parseJson } from './parse-json.ts';

export interface VersionedFormat<T> {
  /** The value of its key `schema`. */
  readonly version: string;
  readonly schema: z.ZodType<T>;
  /** Convert the stored form into that of the schema, or report why that is not possible. */
  readonly unpack?: (json: object) => { readonly json: object } | { readonly issue: FirstIssue };
  readonly hint: string;
}

/** Read and validate a file. @throws UserError with its name and the problem */
export async function readVersioned<T>(path: string, format: VersionedFormat<T>): Promise<T> {
  const text = await readTextFile(path, 'measurement');
  if (text === null) throw new UserError(`${path} does not exist`, format.hint);
  return parseVersioned(text, path, format);
}

export async function readSchema(path: string): Promise<string | null> {
  const text = await readTextFile(path, 'measurement');
  const [, stated = null] = /^\s*\{\s*"schema"\s*:\s*"([^"\\]*)"/.exec(text ?? '') ?? [];
  return stated;
}

const MAX_NAME_LENGTH = 100;

/** @param notJson error for a text that is not JSON @throws UserError with the name and the first problem */
export function parseVersioned<T>(
  text: string,
  name: string,
  { version, schema, hint, unpack = (json) => ({ json }) }: VersionedFormat<T>,
  notJson = 'is not JSON',
): T {
  const json = parseJson(text, { name, hint, notJson: ` ${notJson}` });
  const stated = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : null;
  if (typeof stated !== 'string') throw new UserError(`${name} has no "schema"`, hint);
  if (stated !== version) {
    throw new UserError(
      `${name} is of schema ${JSON.stringify(stated.slice(0, MAX_NAME_LENGTH))}, this version reads ${version}`,
      hint,
    );
  }
  const unpacked = unpack(json as object);
  const parsed = 'json' in unpacked ? validate(schema, unpacked.json) : { success: false as const, ...unpacked };
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  const where = path.length > 0 ? `${path.map(String).join('.')}: ` : '';
  throw new UserError(`${name} is not a valid ${version}: ${where}${message}`, hint);
}
