/**
 * How a choice is picked: by its log-likelihood, by that divided by its characters (`acc_norm`), or by its UTF-8 bytes.
 */
export const CHOICE_SCORINGS = ['raw', 'per-character', 'per-byte'] as const;
export type ChoiceScoring = (typeof CHOICE_SCORINGS)[number];

export const FORMS = ['benchmark', 'twin'] as const;
export type Form = (typeof FORMS)[number];

/** What counts as an answer to a prompt. */
export type Question =
  | {
      readonly kind: 'choice';
      /** Each is scored as a continuation of the prompt: `" " + choice`. At least two, all different. */
      readonly choices: readonly string[];
      /** Index of the right choice. */
      readonly answer: number;
      readonly scoring: ChoiceScoring;
    }
  | {
      readonly kind: 'exact';
      /** The text that greedy decoding should produce, after normalization. */
      readonly target: string;
    };

/** A prompt and what counts as an answer to it. */
export interface Wording {
  /** Does not end with white space. */
  readonly prompt: string;
  readonly question: Question;
}

/**
 * One question in one form. A benchmark-form item and its twins ask the same thing: same operands, same answer, another
 * format. Together they are a *fact*, named by the id of the benchmark form.
 *
 * Digests of suites are taken of the items as JSON: renaming or reordering their keys invalidates every baseline.
 */
export interface ProbeItem extends Wording {
  /** Unique within its suite. */
  readonly id: string;
  /** `reasoning`, `composition`, `recall`, or a team's own. */
  readonly capability: string;
  /** Items of one kind and of similar difficulty: they are judged informative or not as a whole. */
  readonly family: string;
  readonly form: Form;
  /** Id of the benchmark-form item; for a benchmark form, its own id. */
  readonly fact: string;
  /** Name of the template: items of one cluster share their format. */
  readonly cluster: string;
}

/** Expected accuracy of guessing. */
export function chanceOf({ question }: Pick<ProbeItem, 'question'>): number {
  return question.kind === 'choice' ? 1 / question.choices.length : 0;
}
