import { plainIssue } from '@shadow-gate/platform/json';
import { expect, it } from 'vitest';
import { z } from 'zod';

const messageOf = (schema: z.ZodType, value: unknown) =>
  plainIssue(schema.safeParse(value).error?.issues[0]?.message ?? '');

it.each([
  [z.string(), 3, 'expected a text, not a number'],
  [z.record(z.string(), z.string()), undefined, 'missing, expected a mapping'],
  [z.int(), 1.5, 'expected an integer, not a number'],
  [z.array(z.string()), {}, 'expected a list, not a mapping'],
  [z.boolean(), null, 'expected true or false, not null'],
  [z.enum(['open', 'fresh']), 'opn', 'expected one of "open", "fresh"'],
  [z.string({ error: 'must be a name' }), 3, 'must be a name'],
])('a mistake is said without the words of a type checker: %#', (schema, value, message) => {
  expect(messageOf(schema, value)).toBe(message);
});
