import { z } from 'zod';
import type { ProbeItem, Question } from '../item.ts';
import { mustBe, textSchema } from './records.ts';

/** One filter by which a harness reads an answer; `ruleSchema` adds the options of `exact_match`. */
const stepSchema = z.union([
  z.strictObject({
    function: z.literal('regex'),
    pattern: z.string(),
    groupSelect: z.int(),
    fallback: z.string(),
  }),
  z.strictObject({
    function: z.literal('multi_choice_regex'),
    pattern: z.string(),
    groupSelect: z.int(),
    fallback: z.string(),
    ignoreCase: z.boolean(),
    ignorePunctuation: z.boolean(),
    regexesToIgnore: z.array(z.string()),
    choices: z.array(z.string()),
  }),
  z.strictObject({ function: z.enum(['remove_whitespace', 'take_first', 'lowercase', 'uppercase']) }),
  z.strictObject({
    function: z.literal('map'),
    mapping: z.record(z.string(), z.string()),
    defaultValue: z.string(),
  }),
]);
export const ruleSchema = z.strictObject({
  targets: z.array(z.string()).min(1),
  steps: z.array(stepSchema),
  ignoreCase: z.boolean(),
  ignorePunctuation: z.boolean(),
  ignoreNumbers: z.boolean(),
  regexesToIgnore: z.array(z.string()),
});

/** How an item is asked, where it is not the usual way. All are optional. */
export const askedFields = {
  verbatim: z.literal(true, mustBe('true')).optional(),
  delimiter: z.string(mustBe('text')).optional(),
  contexts: z.array(textSchema).optional(),
  ending: z.string(mustBe('text')).optional(),
  rule: ruleSchema.optional(),
  pattern: z.string(mustBe('text')).optional(),
  stop: z.array(z.string().min(1)).optional(),
  max_new_tokens: z.int().positive().optional(),
};

type AskedFields = { readonly [Key in keyof typeof askedFields]?: z.infer<(typeof askedFields)[Key]> };

/** The fields of an item that says how it is asked. */
export function askedRecord({ question, verbatim }: Pick<ProbeItem, 'question' | 'verbatim'>): object {
  const { delimiter } = question;
  const common = defined({ verbatim, delimiter });
  if (question.kind === 'choice')
    return { ...common, ...defined({ contexts: question.contexts, ending: question.ending }) };
  const { rule, pattern, stop, maxNewTokens } = question;
  return { ...common, ...defined({ rule, pattern, stop, max_new_tokens: maxNewTokens }) };
}

/** The question of an item with what its fields say about how it is asked. */
export function withAskedFields<T extends Question>(question: T, fields: AskedFields): T {
  const { delimiter, contexts, ending, rule, pattern, stop, max_new_tokens: maxNewTokens } = fields;
  const own = question.kind === 'choice' ? { contexts, ending } : { rule, pattern, stop, maxNewTokens };
  return { ...question, ...defined({ delimiter, ...own }) };
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
