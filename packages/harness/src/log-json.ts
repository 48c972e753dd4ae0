import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { parseJsonWithNaN, validate } from '@shadow-gate/platform/json';
import type { z } from 'zod';

/** The JSON of a whole file. @throws UserError if it is missing, empty or not JSON */
export async function readLogJson(path: string, kind: 'measurement' | 'requests', hint: string): Promise<unknown> {
  const text = await readTextFile(path, kind);
  if (text === null || text.trim() === '') throw new UserError(`${path}:1 is empty`, hint);
  return parseJsonWithNaN(text, path, hint);
}

/** A time in ISO 8601; null if it is not valid. */
export function isoTime(time: string | number): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Check a value of a log. @param what such as `a log of Inspect` @throws UserError with the first wrong key */
export function checkedLog<T>(
  schema: z.ZodType<T>,
  json: unknown,
  { where, what, hint }: { readonly where: string; readonly what: string; readonly hint: string },
): T {
  const parsed = validate(schema, json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  const key = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  throw new UserError(`${where} is not ${what}: ${key}${message}`, hint);
}
