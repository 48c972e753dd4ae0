import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { parseYaml } from '@shadow-gate/platform/yaml';
import { z } from 'zod';
import { type Expression, ExpressionError, parseExpression } from '../arithmetic/expression.ts';
import { mistakeIn } from './mistakes.ts';
import { parseRangeNumber, readList, readRange } from './range.ts';
import type { Assignment, Template, TemplateAnswer, TemplateRange, Text } from './template.ts';

/** More facts of one template say little more about the skill. */
const MAX_DRAWS = 1000;
const NAME = /^[a-z][a-z0-9_]*$/i;
const textSchema = z.string().trim().min(1, 'is empty').max(10_000, 'has more than 10,000 characters');
const scalarSchema = z.union([z.number(), z.string().trim().min(1).max(200)], 'must be a number or a short text');

const rangeSchema = z
  .union([z.string(), z.array(scalarSchema).min(1).max(10_000)], 'must be a range like 3..9, a list, or `names`')
  .transform((given, context): TemplateRange => {
    const range = typeof given === 'string' ? readRange(given) : readList(given);
    if (typeof range !== 'string') return range;
    context.addIssue({ code: 'custom', message: range });
    return z.NEVER;
  });

/** The formulas that `read` finds; its ExpressionError, after a prefix, becomes the issue. */
function reading<T>(read: () => T, context: z.RefinementCtx, prefix = ''): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    context.addIssue({ code: 'custom', message: `${prefix}${error.message}` });
    return z.NEVER;
  }
}

const formulaSchema = z
  .union([z.string().trim(), z.number()], 'must be a formula')
  .transform((given, context) =>
    reading(() => parseExpression(String(given)), context, `${JSON.stringify(String(given).slice(0, 80))} `),
  );

const placedSchema = textSchema.transform((given, context) => reading(() => readText(given), context));

/** A text if it has `{…}`, else a formula. */
const answerSchema = z
  .union([z.string(), z.number()], 'must be a formula, or a text with {…}')
  .transform((given, context): TemplateAnswer => {
    const schema = /[{}]/.test(String(given)) ? placedSchema : formulaSchema;
    const parsed = schema.safeParse(given);
    if (!parsed.success) {
      context.addIssue({ code: 'custom', message: parsed.error.issues[0]?.message ?? 'is not valid' });
      return z.NEVER;
    }
    const { data } = parsed;
    return Array.isArray(data) ? { kind: 'text', text: data as Text } : { kind: 'number', formula: data as Expression };
  });

const nameSchema = z.string().regex(NAME, 'must be a name of letters, digits and _ that begins with a letter');

const templateSchema = z
  .strictObject({
    id: textSchema.max(100),
    capability: textSchema.max(100).default('benchmark'),
    family: textSchema.max(100).optional(),
    question: placedSchema,
    values: z.record(nameSchema, rangeSchema),
    conditions: z.array(formulaSchema).max(100).default([]),
    answer: answerSchema,
    wrong: z.array(answerSchema).min(1).max(25).optional(),
    original: z.record(nameSchema, scalarSchema).optional(),
    draws: z.int().min(1).max(MAX_DRAWS).optional(),
  })
  .transform((given, context): Template => {
    const template: Template = {
      ...given,
      family: given.family ?? given.capability,
      values: new Map(Object.entries(given.values)),
      wrong: given.wrong ?? [],
      original: null,
      draws: given.draws ?? (given.original === undefined ? DEFAULT_DRAWS : 1),
    };
    const original = given.original === undefined ? null : readOriginal(given.original);
    const found = mistakeIn(template, original);
    if (found === null) return { ...template, original };
    context.addIssue({ code: 'custom', path: found.path, message: `of ${JSON.stringify(given.id)}: ${found.what}` });
    return z.NEVER;
  });

const DEFAULT_DRAWS = 5;

const templatesSchema = z
  .strictObject({ templates: z.array(templateSchema).min(1, 'is empty').max(1000) })
  .superRefine(({ templates }, context) => {
    const seen = new Set<string>();
    for (const [i, { id }] of templates.entries()) {
      if (seen.has(id)) {
        const message = `another template has the id ${JSON.stringify(id)}`;
        context.addIssue({ code: 'custom', path: ['templates', i, 'id'], message });
        return;
      }
      seen.add(id);
    }
  });

/** @throws ExpressionError for a brace without its partner, and for other text than a formula between two */
function readText(given: string): Text {
  const parts = given.split(/(\{[^{}]*\})/).filter((part) => part !== '');
  return parts.map((part) => {
    if (/^\{[^{}]*\}$/.test(part)) {
      try {
        return parseExpression(part.slice(1, -1));
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        throw new ExpressionError(`${part.slice(0, 80)} ${error.message}`);
      }
    }
    if (/[{}]/.test(part)) throw new ExpressionError('has a brace without its partner');
    return part;
  });
}

function readOriginal(given: Readonly<Record<string, string | number>>): Assignment {
  return new Map(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'number' ? (parseRangeNumber(String(value)) ?? String(value)) : value,
    ]),
  );
}

const HINT = 'see docs/reference/probes.md#templates';

/** `known` is the text if it has been read. @throws UserError with line, column and key of the first mistake */
export async function readTemplates(file: string, known?: string): Promise<readonly Template[]> {
  const text = known ?? (await readTextFile(file, 'templates'));
  if (text === null) throw new UserError(`${file} does not exist`, 'give an existing file');
  return parseTemplates(text, file);
}

export function parseTemplates(text: string, file: string): readonly Template[] {
  const { templates } = parseYaml(text, templatesSchema, {
    mistake: (at, what) => new UserError(`${file}${at ? `:${at.line}:${at.col}` : ''}: ${what}`, HINT),
  });
  return templates;
}
