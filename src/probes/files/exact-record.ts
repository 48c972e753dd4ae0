import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import type { ProbeRecord } from './probe-record.ts';
import { commonFields, DEFAULT_CAPABILITY, parseFields, textOrNumberSchema, textSchema } from './records.ts';

/** A question with a final answer as GSM8K has them, read and checked. */
export interface ExactRecord {
  readonly where: string;
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  /** Without white space around it. */
  readonly question: string;
  readonly target: string;
  /** Is the target a number? */
  readonly numeric: boolean;
}

/** Longer than that, an answer without `####` is an explanation that lost its end. */
const LONGEST_SHORT_ANSWER = 64;

const MEND = 'give {"question": text, "answer": text that ends with "#### 42", or a number or short text}';

const schema = z.object({
  ...commonFields,
  question: textSchema,
  answer: textOrNumberSchema,
});

/**
 * @param defaultId for a record without one
 * @throws UserError with line, field and mend
 */
export function readExactRecord(record: ProbeRecord, defaultId: string): ExactRecord {
  const { id, capability = DEFAULT_CAPABILITY, family, subject, question, answer } = parseFields(record, schema, MEND);
  const { target, numeric } = normalise(finalAnswer(answer, record.where));
  return {
    where: record.where,
    id: id ?? defaultId,
    capability,
    family: family ?? subject ?? capability,
    question: question.trim(),
    target,
    numeric,
  };
}

/** What stands after the last `####`, else the whole. */
function finalAnswer(answer: string, where: string): string {
  const mark = answer.lastIndexOf('####');
  const text = (mark === -1 ? answer : answer.slice(mark + 4)).trim();
  if (text === '') throw new UserError(`${where}: answer: nothing after "####"`, MEND);
  if (text.includes('\n'))
    throw new UserError(`${where}: answer: more than one line, and no "####" before the last`, MEND);
  if (text.length > LONGEST_SHORT_ANSWER) {
    throw new UserError(`${where}: answer: ${text.length} characters are more than ${LONGEST_SHORT_ANSWER}`, MEND);
  }
  return text;
}

/** Numbers are written in one way: without `$`, without commas between thousands, with the minus of the keyboard. */
function normalise(text: string): { target: string; numeric: boolean } {
  const number = text.replace(/[$,]/g, '').replace('\u2212', '-').replace(/\s+/g, '');
  const numeric = /^[-+]?(\d+(\.\d+)?|\.\d+)$/.test(number);
  return { target: numeric ? number : text, numeric };
}
