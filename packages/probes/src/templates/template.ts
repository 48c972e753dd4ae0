import type { Expression } from '../arithmetic/expression.ts';
import type { Rational } from '../arithmetic/rational.ts';

/** A question with values that are drawn, and the formula of its answer. */
export interface Template {
  /** Unique within its file; the cluster of its items. */
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  readonly question: Text;
  /** Ranges of the values to draw, by name. */
  readonly values: ReadonlyMap<string, TemplateRange>;
  /** All are true of every draw. */
  readonly conditions: readonly Expression[];
  readonly answer: TemplateAnswer;
  /** Wrong answers of a multiple-choice question; none if the answer is written. */
  readonly wrong: readonly TemplateAnswer[];
  /** The published question, if there is one. */
  readonly original: Assignment | null;
  readonly draws: number;
}

/** Text with formulas in it, in the order of their places. */
export type Text = ReadonlyArray<string | Expression>;

/** The formula of a number, or a text. */
export type TemplateAnswer =
  | { readonly kind: 'number'; readonly formula: Expression }
  | { readonly kind: 'text'; readonly text: Text };

/** Possible values of one name. */
export type TemplateRange =
  | { readonly kind: 'numbers'; readonly from: Rational; readonly step: Rational; readonly count: number }
  | { readonly kind: 'list'; readonly numbers: readonly Rational[] }
  | { readonly kind: 'texts'; readonly texts: readonly string[] };

/** A value for each name. */
export type Assignment = ReadonlyMap<string, Rational | string>;
