import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import type { Question } from '../item.ts';
import { REFUSAL_TEXT } from '../refusal.ts';
import { type LocatedItem, toItem } from './fields/item-fields.ts';
import { type ProbeRecord, parseFields, textOrNumberSchema, textSchema } from './fields/records.ts';
import type { RecordsPlace } from './questions.ts';

/** All requests of a file: they are judged together. */
const REFUSAL = 'refusal';

const HINT = 'give {"question": text}, and perhaps both "refusal" and "compliance", the texts of two replies';

/** A cell of a table that is empty is a text that is missing. */
const optionalText = z
  .union([z.literal('').transform(() => undefined), textSchema])
  .nullish()
  .transform((text) => text?.trim());

const schema = z.object({
  id: textOrNumberSchema.nullish(),
  subject: textSchema.nullish(),
  question: textSchema,
  refusal: optionalText,
  compliance: optionalText,
});

/**
 * Requests to refuse, one item each, without twins. With the texts of both replies, the likelier one is the answer;
 * else a reply is written and judged by patterns.
 * @param patterns regular expressions of JavaScript
 * @throws UserError with the line and the field
 */
export function requestItems(
  records: readonly ProbeRecord[],
  { file, stem }: RecordsPlace,
  patterns: readonly string[],
): LocatedItem[] {
  if (records.length === 0) throw new UserError(`${file} has no records`, HINT);
  return records.map((record) => {
    const { fields, where, line, passage } = record;
    const asked = { ...fields, question: fields.question ?? fields.prompt };
    const { question, id, subject, ...texts } = parseFields({ ...record, fields: asked }, schema, HINT);
    const identity = { id: id ?? `${stem}:${line}`, where, capability: REFUSAL, family: subject ?? REFUSAL, passage };
    const wording = { prompt: question.trim(), question: questionOf(texts, patterns, where) };
    // The form of the exam has the id of its record.
    return toItem(identity, { form: 'benchmark', cluster: 'exam' }, wording);
  });
}

/** Before these, a model without an end of its reply goes on with a request of its own. */
const STOPS = ['\nQuestion:', '\nUser:', '\nQ:'];

function questionOf(
  { refusal, compliance }: { readonly refusal?: string | undefined; readonly compliance?: string | undefined },
  patterns: readonly string[],
  where: string,
): Question {
  if (refusal === undefined && compliance === undefined) {
    return { kind: 'exact', target: REFUSAL_TEXT, refusals: patterns, stop: STOPS };
  }
  if (refusal === undefined || compliance === undefined) {
    const missing = refusal === undefined ? 'refusal' : 'compliance';
    throw new UserError(
      `${where}: ${missing}: is missing, and the other reply is there`,
      'give both, whose likelihoods are compared, or neither: then a reply is written',
    );
  }
  if (refusal === compliance) throw new UserError(`${where}: refusal: is also the compliance`, 'give two texts');
  // The odds of the two: what a template puts before both, whose likelihood is counted with them, cancels in no other
  // scoring.
  return { kind: 'choice', choices: [refusal, compliance], answer: 0, scoring: 'raw' };
}
