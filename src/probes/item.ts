/** How a choice is picked: by its log-likelihood, that divided by its characters (`acc_norm`), or by its UTF-8 bytes. */
export const CHOICE_SCORINGS = ['raw', 'per-character', 'per-byte'] as const;
export type ChoiceScoring = (typeof CHOICE_SCORINGS)[number];

export const FORMS = ['benchmark', 'twin'] as const;
export type Form = (typeof FORMS)[number];

/** What counts as an answer. */
export type Question =
  | {
      readonly kind: 'choice';
      /** Each is scored as a continuation of the prompt: `" " + choice`. At least two, all different. */
      readonly choices: readonly string[];
      /** Index of the right one. */
      readonly answer: number;
      readonly scoring: ChoiceScoring;
    }
  | {
      /** Greedy decoding gives this, after normalisation. */
      readonly kind: 'exact';
      readonly target: string;
    };

/**
 * One question in one form. A benchmark-form item and its twins ask the same thing: same operands, same answer, another
 * format. Together they are a *fact*, named by the id of the benchmark form.
 */
export interface ProbeItem {
  /** Unique within its suite. */
  readonly id: string;
  /** `reasoning`, `composition`, `recall`, or a team's own. */
  readonly capability: string;
  /** What is judged informative or not as a whole: items of one kind, of like difficulty. */
  readonly family: string;
  readonly form: Form;
  /** Id of the benchmark-form item: its own, for one. */
  readonly fact: string;
  /** The template: items of one cluster share their format. */
  readonly cluster: string;
  /** Ends without white space. */
  readonly prompt: string;
  readonly question: Question;
}

/** Share of right answers of a guesser. */
export function chanceOf({ question }: Pick<ProbeItem, 'question'>): number {
  return question.kind === 'choice' ? 1 / question.choices.length : 0;
}
