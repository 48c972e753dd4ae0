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

/** An empty cell of a table is a missing text. */
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
 * Requests to refuse, one item each, without twins. The likelier of two given replies is the answer; without them, a
 * reply is written and judged by patterns. @throws UserError with the line and the field
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
    return toItem(identity, { form: 'benchmark', cluster: 'exam' }, wording);
  });
}

/** A model that does not end its reply goes on with a request of its own after one of these. */
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
  // Raw: the likelihood of a template's text before both replies cancels in no other scoring.
  return { kind: 'choice', choices: [refusal, compliance], answer: 0, scoring: 'raw' };
}
