import { z } from 'zod';
import { isObject } from './is-object.ts';

/** Validation that stops at the first mistake. zod collects all: a million wrong entries would take gigabytes. */
type Validated<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly issue: FirstIssue };

export interface FirstIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const CHUNK = 256;

/** A message can quote keys of the file. */
const MAX_MESSAGE_LENGTH = 300;

export function validate<T>(schema: z.ZodType<T>, value: unknown): Validated<T> {
  const issue = firstIssue(schema, value, []);
  if (issue !== null) return { success: false, issue };
  // Only rules of the whole are left, with one mistake at a time.
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed;
  return { success: false, issue: toIssue(parsed.error, []) };
}

/** A list of this length can have as many mistakes. */
const LONG_LIST = 1000;

/** `validate` for a few fields that a person wrote, with every mistake, unless there are long lists among them. */
export function validateFields<T>(
  schema: z.ZodType<T>,
  fields: Readonly<Record<string, unknown>>,
): { readonly success: true; readonly data: T } | { readonly success: false; readonly issues: readonly FirstIssue[] } {
  const isLong = Object.values(fields).some((value) => Array.isArray(value) && value.length > LONG_LIST);
  if (isLong) {
    const found = validate(schema, fields);
    return found.success ? found : { success: false, issues: [found.issue] };
  }
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed;
  return { success: false, issues: parsed.error.issues.map(({ path, message }) => ({ path, message: clip(message) })) };
}

function firstIssue(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): FirstIssue | null {
  if (!holdsList(schema)) return check(schema, value, path);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'array':
      return Array.isArray(value) ? firstOfList(def.element, value, path) : check(schema, value, path);
    case 'record':
      if (!isObject(value)) return check(schema, value, path);
      return firstOf(Object.keys(value), (key) => firstIssue(def.valueType, value[key], [...path, key]));
    case 'object': {
      if (!isObject(value)) return check(schema, value, path);
      if (def.catchall?._zod.def.type === 'never') {
        const unknown = Object.keys(value).find((key) => !Object.hasOwn(def.shape, key));
        if (unknown !== undefined) return { path, message: clip(`Unrecognized key: ${JSON.stringify(unknown)}`) };
      }
      return firstOf(Object.keys(def.shape), (key) => {
        const inner = def.shape[key];
        return inner ? firstIssue(inner, value[key], [...path, key]) : null;
      });
    }
    case 'optional':
    case 'default':
      return value === undefined ? null : firstIssue(def.innerType, value, path);
    case 'nullable':
      return value === null ? null : firstIssue(def.innerType, value, path);
    case 'pipe':
      return firstIssue(def.in, value, path);
    case 'union': {
      const option = chosenOption(def, value);
      return option ? firstIssue(option, value, path) : check(schema, value, path);
    }
    default:
      return check(schema, value, path);
  }
}

const chunkSchemas = new WeakMap<z.core.$ZodType, z.ZodArray<z.core.$ZodType>>();

function firstOfList(
  element: z.core.$ZodType,
  values: readonly unknown[],
  path: readonly PropertyKey[],
): FirstIssue | null {
  if (holdsList(element)) return firstOf(values.keys(), (i) => firstIssue(element, values[i], [...path, i]));
  let chunkSchema = chunkSchemas.get(element);
  if (!chunkSchema) {
    chunkSchema = z.array(element);
    chunkSchemas.set(element, chunkSchema);
  }
  for (let start = 0; start < values.length; start += CHUNK) {
    const parsed = chunkSchema.safeParse(values.slice(start, start + CHUNK));
    if (parsed.success) continue;
    const { path: inner, message } = toIssue(parsed.error, []);
    const [index, ...rest] = inner;
    return { path: [...path, start + Number(index ?? 0), ...rest], message };
  }
  return null;
}

/** The option that a value of a discriminated union names. */
function chosenOption(def: z.core.$ZodUnionDef, value: unknown): z.core.$ZodType | null {
  const { discriminator } = def as Partial<z.core.$ZodDiscriminatedUnionDef>;
  if (discriminator === undefined || !isObject(value)) return null;
  const chosen = value[discriminator] as z.core.util.Primitive;
  return def.options.find((option) => option._zod.propValues?.[discriminator]?.has(chosen)) ?? null;
}

function firstOf<K>(keys: Iterable<K>, find: (key: K) => FirstIssue | null): FirstIssue | null {
  for (const key of keys) {
    const issue = find(key);
    if (issue !== null) return issue;
  }
  return null;
}

/** For a schema that holds a few values at most. */
function check(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): FirstIssue | null {
  const parsed = z.safeParse(schema, value);
  return parsed.success ? null : toIssue(parsed.error, path);
}

function toIssue({ issues }: z.core.$ZodError, path: readonly PropertyKey[]): FirstIssue {
  const [issue] = issues;
  return { path: [...path, ...(issue?.path ?? [])], message: clip(issue?.message ?? 'not valid') };
}

function clip(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

const known = new WeakMap<z.core.$ZodType, boolean>();

/** Can a value of this schema have any number of entries? */
function holdsList(schema: z.core.$ZodType): boolean {
  const answer = known.get(schema);
  if (answer !== undefined) return answer;
  // A schema that contains itself.
  known.set(schema, false);
  const found = findList(schema);
  known.set(schema, found);
  return found;
}

function findList(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'array':
    case 'record':
      return true;
    case 'object':
      return Object.values(def.shape).some(holdsList);
    case 'optional':
    case 'default':
    case 'nullable':
      return holdsList(def.innerType);
    case 'pipe':
      return holdsList(def.in);
    case 'union':
      return def.options.some(holdsList);
    default:
      return false;
  }
}
