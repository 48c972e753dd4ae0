import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import { answerIndex } from './answer-index.ts';
import { type ProbeRecord, quote } from './probe-record.ts';
import { commonFields, DEFAULT_CAPABILITY, expected, parseFields, textSchema } from './records.ts';

/** A multiple-choice question as MMLU has them, read and checked. */
export interface ChoiceRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  /** Without white space around it, as are the choices. */
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right one. */
  readonly answer: number;
}

/**
 * Does a choice stand there twice? MMLU has such rows. The exam form is what it is, and its letters can be told
 * apart; but a twin must not depend on which of the two is meant.
 */
export function repeatsChoice({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return new Set(choices).size < choices.length;
}

/** As many as there are letters. */
const MAX_CHOICES = 26;

const MEND = 'give {"question": text, "choices": [text, text, …], "answer": index from 0, letter or text of a choice}';

const schema = z.object({
  ...commonFields,
  question: textSchema,
  choices: z
    .array(textSchema, expected('a list of texts'))
    .min(2, { error: 'fewer than two' })
    .max(MAX_CHOICES, { error: `more than ${MAX_CHOICES}` }),
  answer: z.union([z.string(), z.number()], expected('an index, a letter or the text of a choice')),
});

/**
 * @param defaultId for a record without one
 * @throws UserError with line, field and mend
 */
export function readChoiceRecord(record: ProbeRecord, defaultId: string): ChoiceRecord {
  const { id, capability = DEFAULT_CAPABILITY, family, subject, question, ...rest } = parseFields(record, schema, MEND);
  const { where } = record;
  const choices = rest.choices.map((choice) => choice.trim());
  const answer = answerIndex(rest.answer, choices, where);
  if (new Set(choices).size < 2) throw new UserError(`${where}: choices: all are ${quote(choices[0])}`, MEND);
  return {
    where,
    id: id ?? defaultId,
    capability,
    family: family ?? subject ?? capability,
    question: question.trim(),
    choices,
    answer,
  };
}
