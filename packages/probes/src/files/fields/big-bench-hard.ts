import { capitalize } from '@shadow-gate/platform';
import { choiceLetter } from '../../forms/question.ts';
import type { KnownFields, Omitted } from './field-names.ts';
import { type ProbeRecord, quote } from './records.ts';

export const BBH_NAMES = { question: 'input', answer: 'target' } as const;

/** Answers of tasks without options that have only two: a guess is right half of the time. */
const PAIRS: ReadonlyArray<readonly string[]> = [
  ['yes', 'no'],
  ['true', 'false'],
  ['valid', 'invalid'],
];

/**
 * BIG-Bench Hard (Suzgun et al. 2022, https://arxiv.org/abs/2210.09261): multiple choice if inputs end with options or
 * all targets belong to one pair such as yes and no, else short answers.
 */
export function bigBenchHard(records: readonly ProbeRecord[]): KnownFields {
  const pair = pairOf(records);
  return {
    names: BBH_NAMES,
    convert: (record) => {
      const { question: input, answer: target } = record.fields;
      if (typeof input !== 'string' || typeof target !== 'string') return record;
      const question = input.replace(/^(Question|Q): /, '');
      const options = optionsOf(question);
      if (options !== null) return amongOptions(record, { ...options, target });
      const choice = pair === null ? {} : { choices: pair, answer: pair.indexOf(target.trim()) };
      return { ...record, fields: { ...record.fields, question, ...choice } };
    },
  };
}

/** The two answers of a task as it spells them; null for a task with others. */
function pairOf(records: readonly ProbeRecord[]): readonly string[] | null {
  const targets = new Set(records.map(({ fields }) => String(fields.target).trim()));
  const spelled = PAIRS.flatMap((pair) => [pair, pair.map(capitalize)]);
  return spelled.find((pair) => [...targets].every((target) => pair.includes(target))) ?? null;
}

interface Options {
  readonly question: string;
  readonly choices: readonly string[];
}

const LETTERED = /\n?Options:\n((?:\([A-Z]\)[^\n]*\n?)+)$/;
const LISTED = /\n?Options:\n((?:- [^\n]*\n?){2,})$/;

/** `Options:\n(A) hot\n(B) cold`, or with dashes, at the end of a question. */
function optionsOf(input: string): Options | null {
  const found = LETTERED.exec(input) ?? LISTED.exec(input);
  const question = found === null ? '' : input.slice(0, found.index).trimEnd();
  if (found === null || question === '') return null;
  const lines = (found[1] ?? '').trimEnd().split('\n');
  const isInOrder = lines.every((line, i) => line.startsWith('- ') || line.startsWith(`(${choiceLetter(i)})`));
  const choices = lines.map((line) => line.replace(/^(- |\([A-Z]\))/, '').trim());
  return isInOrder && choices.every((choice) => choice !== '') ? { question, choices } : null;
}

/** The target is the letter or the text of an option. A few records have another target, or only one option. */
function amongOptions(
  record: ProbeRecord,
  { question, choices, target }: Options & { target: string },
): ProbeRecord | Omitted {
  const [, letter] = /^\(([A-Z])\)$/.exec(target.trim()) ?? [];
  const answer = choices.findIndex((choice, i) =>
    letter === undefined ? choice === target.trim() : choiceLetter(i) === letter,
  );
  if (answer === -1) return { omitted: `${record.where}: target: ${quote(target)} is none of the options` };
  if (new Set(choices).size < 2) return { omitted: `${record.where}: input: it has only one option` };
  return { ...record, fields: { ...record.fields, question, choices, answer } };
}
