import { at } from '@shadow-gate/platform';
import { escapeRegExp } from '../escape-regexp.ts';
import type { ChoiceScoring, ProbeItem, Question, Wording } from '../item.ts';
import type { Random } from '../random.ts';

export interface QuestionIdentity extends Pick<ProbeItem, 'id' | 'capability' | 'family'> {
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly passage?: string | undefined;
}

/** A checked multiple-choice question as in MMLU. Question and choices are trimmed. */
export interface ChoiceRecord extends QuestionIdentity {
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: number;
}

/** A checked question with a final answer as in GSM8K. The question is trimmed. */
export interface ExactRecord extends QuestionIdentity {
  readonly question: string;
  readonly target: string;
  /** Whether the target is a number. */
  readonly numeric: boolean;
  /** The answer of the file with its steps; null for one without `####`. */
  readonly solution: string | null;
}
export type AskedChoice = Pick<ChoiceRecord, 'question' | 'choices' | 'answer'>;
export type AskedProblem = Pick<ExactRecord, 'question' | 'target' | 'numeric'>;

/** Writes a question or a variant as its benchmark asks; null if that would change something else. */
export type WriteChoice = (question: AskedChoice) => Wording | null;

export interface ProblemForm {
  readonly write: (problem: AskedProblem) => Wording | null;
  /** The same text under other headings; null if there are none. */
  readonly restyle: (random: Random) => Wording | null;
}

/** Writers for the questions of a file and all variants of them. */
export interface BenchmarkForms {
  readonly choice: (question: ChoiceRecord) => (asked: AskedChoice) => Wording;
  readonly problem: (problem: ExactRecord) => {
    readonly write: (asked: AskedProblem) => Wording;
    readonly restyle: (random: Random) => Wording;
  };
}

/** As in some rows of MMLU: then no twin may depend on which of two equal choices is right. */
export function repeatsChoice({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return new Set(choices).size < choices.length;
}

export function choiceLetter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** Scores the texts of the choices: each once, since a text does not tell which of two equal choices is meant. */
export function scoreTexts({ choices, answer }: AskedChoice, scoring: ChoiceScoring): Question {
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

/** Removes differences that a reader does not see: case, white space, quotes around it, the period at the end. */
function normalize(text: string): string {
  return text
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^["'“‘]+|[.,"'”’]+$/gu, '');
}
