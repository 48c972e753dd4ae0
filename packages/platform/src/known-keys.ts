import type { z } from 'zod';

/**
 * The keys that an object at some place of a value may have by its schema; all of several forms, and none where any key
 * is allowed.
 */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = (schema as z.core.$ZodTypes)._zod.def;
  switch (inner.type) {
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(inner.shape);
      const next = inner.shape[String(key)];
      return next ? knownKeys(next, rest) : [];
    }
    case 'array':
      return knownKeys(inner.element, path.slice(1));
    case 'record':
      return path.length === 0 ? [] : knownKeys(inner.valueType, path.slice(1));
    case 'union':
      return inner.options.flatMap((option) => knownKeys(option, path));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return knownKeys(inner.innerType, path);
    case 'pipe':
      return knownKeys(inner.in, path);
    default:
      return [];
  }
}
