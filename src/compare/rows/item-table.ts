import { FORMS, TWIN_KINDS } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { count } from './fields.ts';

/** Another layout gets another number, which older versions refuse. */
export const REPORT_ITEMS = 'shadow-gate/report-items@1';

/** Largest number of facts in a report and of their bytes as JSON: flips come first, and nobody reads all others. */
export const MAX_FACTS = 2000;
export const MAX_BYTES = 1_000_000;

/** Items of a fact: its two benchmark forms, and more twins than any file has. */
export const MAX_ITEMS = 64;

/** Characters of a name, a prompt and an answer. A long prompt keeps its end: the question follows the examples. */
export const MAX_NAME = 200;
export const MAX_PROMPT = 1500;
export const MAX_ANSWER = 300;

/** @returns at most one character more than `length` */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`;
}

const name = z.string().max(MAX_NAME + 1);
const answer = z
  .string()
  .max(MAX_ANSWER + 1)
  .nullable();
const bit = z.literal([0, 1]);

/**
 * One item:
 *
 * - `form`: index in `forms`;
 * - `prompt`: its text, or the index of the item of the same fact that has the same one; null: not known, or withheld;
 * - `right`: the right answer; null: withheld;
 * - `baseline`, `candidate`: the answers; null: the right answer, or withheld as that is;
 * - whether both were right, and their margins to four significant digits; null without a baseline.
 */
const itemSchema = z.tuple([
  count,
  z.union([z.string().max(MAX_PROMPT + 1), count]).nullable(),
  answer,
  answer,
  answer,
  bit.nullable(),
  bit,
  z.number().nullable(),
  z.number(),
]);
export type StoredItem = z.infer<typeof itemSchema>;

const factSchema = z.strictObject({
  id: name,
  /** Index in `parts`. */
  part: count,
  /** A flip, as the examples of a report are: a twin that was lost, or a letter that was kept. */
  flip: z.enum(['lost', 'kept']).optional(),
  items: z.array(itemSchema).min(1).max(MAX_ITEMS),
});
export type StoredFact = z.infer<typeof factSchema>;

export const itemTableSchema = z
  .strictObject({
    format: z.literal(REPORT_ITEMS),
    hasBaseline: z.boolean(),
    parts: z
      .array(
        z.strictObject({
          suite: name,
          capability: name,
          family: name,
          /** Set for a private benchmark: its items have no text here. */
          texts: z.literal('withheld').optional(),
        }),
      )
      .max(MAX_FACTS),
    /** `aside`: these take no part in a test, such as letters that the baseline cannot bind. */
    forms: z
      .array(
        z.strictObject({ form: z.enum(FORMS), kind: z.enum(TWIN_KINDS).nullable(), aside: z.literal(true).optional() }),
      )
      .max(MAX_ITEMS),
    /** Flips, then facts with a lost answer, with one won, with a wrong answer of the candidate, and others. */
    facts: z.array(factSchema).max(MAX_FACTS),
    /** Facts that are not here, for their number or their length, and the flips among them. */
    leftOut: z.strictObject({ facts: count, flips: count }),
  })
  .superRefine((table, context) => {
    for (const [i, fact] of table.facts.entries()) {
      const message = mistakeIn(fact, table);
      if (message === null) continue;
      context.addIssue({ code: 'custom', path: ['facts', i], message });
      return;
    }
  });
export type ItemTable = z.infer<typeof itemTableSchema>;

function mistakeIn({ part, items }: StoredFact, { parts, forms, hasBaseline }: Omit<ItemTable, 'facts'>) {
  const own = parts[part];
  if (own === undefined) return 'is of no part';
  for (const [form, prompt, right, baseline, candidate, wasRight, , margin] of items) {
    if (forms[form] === undefined) return 'has an item of no form';
    if (typeof prompt === 'number' && typeof items[prompt]?.[1] !== 'string') return 'names a prompt that is not there';
    const isWithheld = right === null && baseline === null && candidate === null;
    if (own.texts !== undefined && !(isWithheld && prompt === null))
      return 'has texts of a benchmark that withholds them';
    if (own.texts === undefined && right === null) return 'has no right answer';
    if (hasBaseline !== (wasRight !== null) || hasBaseline !== (margin !== null)) {
      return hasBaseline ? 'has no answer of the baseline' : 'has an answer of a baseline that is not there';
    }
  }
  return null;
}
