import { at } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { z } from 'zod';
import type { AnswerRule } from './answer-rule.ts';
import { escapeRegExp } from './escape-regexp.ts';

/** A choice is picked by its log-likelihood, as it is or divided by its characters (`acc_norm`) or UTF-8 bytes. */
export const CHOICE_SCORINGS = ['raw', 'per-character', 'per-byte'] as const;
export type ChoiceScoring = (typeof CHOICE_SCORINGS)[number];

/**
 * Part of an item in its fact. `benchmark`: as the exam asks. `benchmark-text`: the same prompt, answered by the text
 * of a choice, for a model that cannot bind labels. `twin`: the same skill in another way. `robustness`: the benchmark
 * form with something irrelevant added; it is reported and decides nothing.
 */
export const FORMS = ['benchmark', 'benchmark-text', 'twin', 'robustness'] as const;
export type Form = (typeof FORMS)[number];

export const JUDGED_FORMS = ['benchmark', 'twin'] as const satisfies readonly Form[];
export type JudgedForm = (typeof JUDGED_FORMS)[number];

/**
 * Kinds of change. `open`: the answer's text, no options in the prompt. `format`: the same content in another format.
 * `fresh`: new content of the same kind and difficulty. `group`: a separate set of items for the same skill, without a
 * link to single benchmark items.
 */
export const TWIN_KINDS = ['open', 'format', 'fresh', 'group'] as const;
export type TwinKind = (typeof TWIN_KINDS)[number];

export const MOST_PASSAGE = 100;

export type Question =
  | {
      readonly kind: 'choice';
      /** Each is scored as a continuation of the prompt: `delimiter + choice`. At least two, all different. */
      readonly choices: readonly string[];
      readonly answer: number;
      readonly scoring: ChoiceScoring;
      /** Between the prompt and a choice; a space if missing. */
      readonly delimiter?: string;
      /** If choices complete a sentence in its middle: the text before `ending` for each. */
      readonly contexts?: readonly string[];
      /** Scored after each context, in place of the choice. */
      readonly ending?: string;
    }
  | {
      readonly kind: 'exact';
      /** The text that greedy decoding should produce, after normalization. */
      readonly target: string;
      /** Between the prompt and a scored target; a space if missing. */
      readonly delimiter?: string;
      /** Reads and compares a generated text in place of `isExactMatch`. */
      readonly rule?: AnswerRule;
      /** A regular expression: the answer is the first group, or all, of its last match. */
      readonly pattern?: string;
      /** Regular expressions, in any case: the whole answer is right if one of them matches. */
      readonly refusals?: readonly string[];
      /** Texts that end an answer, if not the usual ones. */
      readonly stop?: readonly string[];
      /** Length limit of the answer in tokens, if not that of the suite. */
      readonly maxNewTokens?: number;
    };

export interface Wording {
  /** Does not end with white space, unless it is `verbatim`. */
  readonly prompt: string;
  readonly question: Question;
  /** The prompt is sent as it is, even in a chat: it already has the chat's marks. */
  readonly verbatim?: true;
}

/** Attributes of an item. Measurements, exports and lists of left-out items take them from here. */
export const itemShape = {
  id: z.string(),
  /** Id of the benchmark-form item; for a benchmark form, its own id. */
  fact: z.string(),
  /** `reasoning`, `composition`, `recall`, or a team's own. */
  capability: z.string(),
  /** Items of one kind and difficulty, judged informative or not as a whole. */
  family: z.string(),
  /** Template: items of one cluster share their format. */
  cluster: z.string(),
  /** Shared with other items of its file, such as a text: together they are one unit. See `passageName`. */
  passage: z.string().max(MOST_PASSAGE).optional(),
  form: z.enum(FORMS),
  /** Kind of a twin; absent for other forms, and in measurements of older versions. */
  kind: z.enum(TWIN_KINDS).optional(),
  /** For a benchmark form with its options in another order: the label that was right before. */
  oldLabel: z.string().optional(),
  /** For the same form: the old label of each option by its new one. Shows whether a model follows options. */
  oldLabels: z.record(z.string(), z.string()).optional(),
  /** Difficulty step within its family, from 1; absent for families without levels. */
  level: z.int().positive().optional(),
};

/**
 * One question in one form. A benchmark form and its twins ask the same thing in other formats. Together they are a
 * *fact*, named by the id of the benchmark form. Digests of suites are taken of the items as JSON: renaming or
 * reordering their keys invalidates every baseline.
 */
export type ProbeItem = Wording & Readonly<z.infer<z.ZodObject<typeof itemShape>>>;

export type ExactQuestion = Extract<Question, { readonly kind: 'exact' }>;

/** A model answers with the label of a listed option, or with the text of the answer. */
export const ANSWER_KINDS = ['label', 'text'] as const;
export type AnswerKind = (typeof ANSWER_KINDS)[number];

/** `A`, `(b)`, `iv)`, `3.`: up to four characters and the marks around them. */
const LABEL = /^[([]?([A-Za-z]|[ivx]{1,4}|\d)[)\].:]?$/;
const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];

/** Whether the choices are labels, each of which the prompt puts before an option. */
export function answerKind({ prompt, question }: Wording): AnswerKind {
  if (question.kind !== 'choice') return 'text';
  const labels = question.choices.map((choice) => LABEL.exec(choice)?.[1] ?? '');
  return isSeries(labels) && question.choices.every((choice) => isListed(prompt, choice)) ? 'label' : 'text';
}

/** Labels count up: other single digits in a list are its options. */
function isSeries(labels: readonly string[]): boolean {
  const isRun = (indices: readonly number[]) =>
    indices.every((index, i) => i === 0 || index === at(indices, i - 1) + 1);
  if (labels.every((label) => /^\d$/.test(label))) return isRun(labels.map(Number)) && Number(labels[0]) <= 1;
  const romans = labels.map((label) => ROMAN.indexOf(label));
  if (romans[0] === 0 && isRun(romans)) return true;
  return labels.every((label) => label.length === 1) && isRun(labels.map((label) => label.charCodeAt(0)));
}

/** Whether a label begins a line or follows white space, and its option comes next. */
function isListed(prompt: string, label: string): boolean {
  const escaped = escapeRegExp(label);
  return new RegExp(String.raw`(^|\s)[(\[]?${escaped} ?[)\].:]?[ \t]+\S`, 'm').test(prompt);
}

/** Characters of a value that a suite is sliced by, such as a language or a product. */
export const LONGEST_SLICE = 64;

/** Expected accuracy of guessing. */
export function itemChance({ question }: Pick<ProbeItem, 'question'>): number {
  return question.kind === 'choice' ? 1 / question.choices.length : 0;
}

export function rightAnswerText({ question }: Pick<Wording, 'question'>): string {
  return question.kind === 'choice' ? at(question.choices, question.answer) : question.target;
}

/** The name of a passage, or the digest of a longer text, such as the passage itself. Null for white space. */
export function passageName(value: string): string | null {
  const name = value.trim();
  if (name === '') return null;
  return name.length > MOST_PASSAGE ? `sha256:${sha256(name)}` : name;
}
