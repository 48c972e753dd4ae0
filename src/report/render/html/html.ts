import { htmlLines, htmlText } from '../../escape.ts';

/** HTML that may be written as it is. Only this file makes it, so that no foreign text gets around the escaping. */
export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** For our literals, and output of libraries that escape. Never for foreign text. */
  static trusted(text: string): Html {
    return new Html(text);
  }
}

type HtmlValue = Html | string | number | null | readonly HtmlValue[];

/** HTML as a template literal: values are escaped (quote attributes), lists are joined, and null is nothing. */
export const html = (literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  Html.trusted(literals.map((literal, i) => literal + (i < values.length ? written(values[i]) : '')).join(''));

export const lines = (text: string): Html => Html.trusted(htmlLines(text));

export const NOTHING: Html = Html.trusted('');

function written(value: HtmlValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return htmlText(value);
  return typeof value === 'number' ? String(value) : value.map(written).join('');
}
