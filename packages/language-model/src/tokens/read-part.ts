import { isObject, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @param what the part is, for errors @throws Error that names the part, and its unknown or invalid option */
export function readPart<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = validate(schema, value);
  if (parsed.success) return parsed.data;
  const { type } = (typeof value === 'object' && value !== null ? value : {}) as { readonly type?: unknown };
  const { path, message } = parsed.issue;
  const key = path.map(String).join('.');
  if (key === 'type') throw new Error(`a ${what} of the unknown type ${JSON.stringify(type)}`);
  throw new Error(`${what} ${JSON.stringify(type)}: ${key === '' ? '' : `${key}: `}${message}`);
}

/** A large object: entries are not checked here. */
export const anyObject = z.custom<JsonObject>(isObject, { error: 'expected an object' });

/** A long list: entries are not checked here. */
export const anyArray = z.custom<readonly unknown[]>(Array.isArray, { error: 'expected a list' });
