import { UserError } from '@shadow-gate/platform';
import { parseJson, validate } from '@shadow-gate/platform/json';
import { ruleSchema } from '@shadow-gate/probes/files';
import type { LmEvalSample } from '@shadow-gate/probes/files/lm-eval';
import { CHOICE_SCORINGS, itemShape, type ProbeItem } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { EXPORT_KEY } from '../export/tasks.ts';

const choiceSchema = z
  .strictObject({
    kind: z.literal('choice'),
    choices: z.array(z.string()).min(2),
    answer: z.int().nonnegative(),
    scoring: z.enum(CHOICE_SCORINGS),
    delimiter: z.string().optional(),
    contexts: z.array(z.string()).optional(),
    ending: z.string().optional(),
  })
  .refine(({ choices, answer }) => answer < choices.length, { error: 'answer is not one of its choices' })
  .refine(({ choices, contexts }) => contexts === undefined || contexts.length === choices.length, {
    error: 'not a context for each choice',
  });

const exactSchema = z.strictObject({
  kind: z.literal('exact'),
  target: z.string(),
  delimiter: z.string().optional(),
  rule: ruleSchema.optional(),
  pattern: z.string().refine(isPattern, { error: 'not a regular expression' }).optional(),
  stop: z.array(z.string()).optional(),
  maxNewTokens: z.int().positive().optional(),
});

/** An item of an export. Its prompt, which is empty here, is that of the document. */
const itemSchema = z.strictObject({
  place: z.int().nonnegative(),
  ...itemShape,
  prompt: z.literal(''),
  verbatim: z.literal(true).optional(),
  question: z.union([choiceSchema, exactSchema]),
});

/** An item, and which one of its suite it is. */
interface PlacedItem {
  readonly place: number;
  readonly item: ProbeItem;
}

/** The item of an exported document. @throws UserError with the line, for another document */
export function exportedItem({ doc, where }: LmEvalSample, hint: string): PlacedItem {
  const record = doc[EXPORT_KEY];
  const { prompt } = doc;
  const name = `${where}: doc.${EXPORT_KEY}`;
  const json = parseJson(typeof record === 'string' ? record : '', { name, hint });
  const parsed = validate(itemSchema, json);
  if (!parsed.success || typeof prompt !== 'string') throw new UserError(`${name} is not an exported item`, hint);
  // As it was written, not as it was checked: the digest depends on the order of its keys.
  const { place, ...item } = json as { place: number };
  return { place, item: { ...item, prompt } as unknown as ProbeItem };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'gu').flags !== '';
  } catch {
    return false;
  }
}
