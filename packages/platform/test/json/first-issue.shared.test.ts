import { validate } from '@shadow-gate/platform/json';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const schema = z.strictObject({
  name: z.string(),
  rows: z.array(z.strictObject({ id: z.int(), values: z.array(z.number()).default([]) })),
  sizes: z.record(z.string(), z.int()).nullable(),
  answer: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('many'), items: z.array(z.string()) }),
      z.strictObject({ kind: z.literal('none') }),
    ])
    .optional(),
});
const good = { name: 'a', rows: [{ id: 1, values: [0.5] }, { id: 2 }], sizes: { a: 1 } };
const issueOf = (value: unknown) => {
  const found = validate(schema, value);
  return found.success ? null : `${found.issue.path.join('.')}: ${found.issue.message}`;
};

describe('validation that stops at the first mistake', () => {
  it('gives what zod gives for a valid value, defaults included', () => {
    expect(validate(schema, good)).toEqual({ success: true, data: schema.parse(good) });
  });

  it.each([
    ['a wrong entry of a list', { ...good, rows: [...good.rows, { id: 'x' }] }],
    ['a wrong number far down a list', { ...good, rows: [{ id: 1, values: [...Array(999).fill(1), null, 'x'] }] }],
    ['an object in place of a list', { ...good, rows: { length: 3 } }],
    ['a missing list', { name: 'a', sizes: null }],
    ['a wrong entry of a record', { ...good, sizes: { a: 1, b: 'x' } }],
    ['an unknown key next to a list', { ...good, other: [] }],
    ['a wrong entry of an option', { ...good, answer: { kind: 'many', items: ['a', 1] } }],
    ['no option', { ...good, answer: { kind: 'other' } }],
    ['no object', [good]],
    ['nothing', undefined],
  ])('names the same mistake as zod: %s', (_, value) => {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    expect(issueOf(value)).toBe(`${issue?.path.join('.')}: ${issue?.message}`);
  });

  it('is short, whatever the file calls its keys', () => {
    expect(issueOf({ ...good, ['k'.repeat(10_000)]: 1 })?.length).toBeLessThan(400);
    expect(issueOf({ ...good, rows: [{ id: 1, ['k'.repeat(10_000)]: 1 }] })?.length).toBeLessThan(400);
  });

  it('does not look at the rest of a list', () => {
    let seen = 0;
    const counting = z.array(z.custom(() => ++seen < 10));
    expect(validate(counting, Array(100_000).fill(0))).toMatchObject({ success: false, issue: { path: [9] } });
    expect(seen).toBeLessThan(1000);
  });
});
