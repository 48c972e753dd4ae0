import { at } from '@shadow-gate/platform';
import { escapeRegExp } from '../escape-regexp.ts';
import type { ChoiceScoring, ProbeItem, Question, Wording } from '../item.ts';
import type { Random } from '../random.ts';

/** Shared by a question of a file and all items made of it. */
export interface QuestionIdentity extends Pick<ProbeItem, 'id' | 'capability' | 'family'> {
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly passage?: string | undefined;
}

/** A multiple-choice question as in MMLU, checked. */
export interface ChoiceRecord extends QuestionIdentity {
  /** Without white space around it, like the choices. */
  readonly question: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
}

/** A question with a final answer as in GSM8K, checked. */
export interface ExactRecord extends QuestionIdentity {
  /** Without white space around it. */
  readonly question: string;
  readonly target: string;
  /** Whether the target is a number. */
  readonly numeric: boolean;
  /** The answer with its steps, as it is in the file; null for one without `####`. */
  readonly solution: string | null;
}

/** A question, in whatever words. */
export type AskedChoice = Pick<ChoiceRecord, 'question' | 'choices' | 'answer'>;
export type AskedProblem = Pick<ExactRecord, 'question' | 'target' | 'numeric'>;

/**
 * Writes a question or a variant as its benchmark asks. Null if other options, or more text, would change something
 * else.
 */
export type WriteChoice = (question: AskedChoice) => Wording | null;

/** Writes a problem with a final answer as its benchmark asks. */
export interface ProblemForm {
  readonly write: (problem: AskedProblem) => Wording | null;
  /** The same text under other headings; null if there are none. */
  readonly restyle: (random: Random) => Wording | null;
}

/** How questions of a file are asked, with any variant of them. */
export interface BenchmarkForms {
  readonly choice: (question: ChoiceRecord) => (asked: AskedChoice) => Wording;
  readonly problem: (problem: ExactRecord) => {
    readonly write: (asked: AskedProblem) => Wording;
    readonly restyle: (random: Random) => Wording;
  };
}

/** Whether two choices are the same, as in some rows of MMLU: then no twin may depend on which of them is right. */
export function repeatsChoice({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return new Set(choices).size < choices.length;
}

/** The label of a choice in an exam: A for 0. */
export function choiceLetter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** The texts of the choices as answers: each once, since a text does not tell which of two equal choices is meant. */
export function scoreTexts(
  { choices, answer }: Pick<ChoiceRecord, 'choices' | 'answer'>,
  scoring: ChoiceScoring,
): Question {
  const distinct = [...new Set(choices)];
  return { kind: 'choice', choices: distinct, answer: distinct.indexOf(at(choices, answer)), scoring };
}

/** Whether a text shows a choice as a phrase of its own: `9` is not in `19`, nor `art` in `part`. */
export function shows(text: string, choice: string): boolean {
  const phrase = normalize(choice);
  if (phrase === '') return false;
  const escaped = escapeRegExp(phrase);
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped}(?![\p{L}\p{N}])`, 'u').test(normalize(text));
}

/** Without what a reader does not see as a difference: case, white space, quotes around it, the period at the end. */
function normalize(text: string): string {
  return text
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^["'“‘]+|[.,"'”’]+$/gu, '');
}
