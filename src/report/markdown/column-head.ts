import type { NumberColumn } from '../text/accuracy-columns.ts';
import { termLink } from './phrase.ts';

/** The name of a column and its unit, with a link to the glossary. */
export function columnHead({ text, unit, term }: NumberColumn): string {
  const name = term === null ? text : termLink(term, text);
  return unit === '' ? name : `${name}, ${unit}`;
}
