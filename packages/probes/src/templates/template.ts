import type { Expression } from '../arithmetic/expression.ts';
import type { Rational } from '../arithmetic/rational.ts';

/** A question with drawn values, and the formula of its answer. */
export interface Template {
  /** Unique within its file; cluster of its items. */
  readonly id: string;
  readonly capability: string;
  readonly family: string;
  readonly question: Text;
  /** Ranges of the values to draw, by name. */
  readonly values: ReadonlyMap<string, TemplateRange>;
  /** True of every draw. */
  readonly conditions: readonly Expression[];
  readonly answer: TemplateAnswer;
  /** Wrong answers of a multiple-choice question; none if the answer is written. */
  readonly wrong: readonly TemplateAnswer[];
  /** Values of the published question, if there is one. */
  readonly original: Assignment | null;
  readonly draws: number;
}

/** Text and formulas in order. */
export type Text = ReadonlyArray<string | Expression>;

export type TemplateAnswer =
  | { readonly kind: 'number'; readonly formula: Expression }
  | { readonly kind: 'text'; readonly text: Text };

export type TemplateRange =
  | { readonly kind: 'numbers'; readonly from: Rational; readonly step: Rational; readonly count: number }
  | { readonly kind: 'list'; readonly numbers: readonly Rational[] }
  | { readonly kind: 'texts'; readonly texts: readonly string[] };

export type Assignment = ReadonlyMap<string, Rational | string>;
