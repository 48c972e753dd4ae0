import type { ChoiceRecord } from './choice-record.ts';

/** `All of the above`, `none of these`, `both of them`, `neither`: the meaning depends on the other choices. */
const OF_OTHERS =
  /^(all|none|both|neither|either|any|two|three|more than one|only one)( ((of )?(the )?)?(above|below|these|those|them|others?|options|choices|answers|statements|foregoing|preceding)( (above|below|options|choices|answers|statements))*)?[.!]?$/i;
const OF_ABOVE =
  /\b(of|the|are|is) (above|foregoing|preceding|other (options|choices|answers))\b|\b(above|other|previous|these|those) (options?|choices?|answers?|statements?)\b/i;
/** `Both A and B`, `A & C only`, `either B or D`, `options 1 and 3`. */
const OF_LETTERS =
  /\b(both|either|neither|option|options|choice|choices|answer|answers|only)\s+\(?[A-H1-9]\)?(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])\(?[A-H]\)?\s*(,|and|or|&|nor)\s*\(?[A-H]\)?(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])[A-H]\)?,? only\b/u;

/** Does a choice speak of the others? Then it must keep its place and its labels, and cannot stand without them. */
export function choicesReferToOthers({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return choices.some((choice) => [OF_OTHERS, OF_ABOVE, OF_LETTERS].some((pattern) => pattern.test(choice)));
}

/** Does the question speak of the letters or of the places of its choices? */
export function questionRefersToLabels({ question }: Pick<ChoiceRecord, 'question'>): boolean {
  return /\b(options?|choices?|answers?) \(?[A-H]\)?(?![\p{L}\p{N}])|\b(first|second|third|last) (option|choice|answer)\b|\blabell?ed\b/u.test(
    question,
  );
}

/** `the following`, `below`, `these`: the choices must come after. */
export function pointsForward(question: string): boolean {
  return /\b(following|below|these|given)\b/i.test(question);
}

/**
 * May a label be mistaken for something in the question or its choices? A variable `x`, part `(ii)` or `II`, point `p`.
 * The article "a" is no variable.
 */
export function mentionsLabel(
  { question, choices }: Pick<ChoiceRecord, 'question' | 'choices'>,
  label: string,
): boolean {
  const article = label === 'a' ? String.raw`(?! \p{L}|\(n\)|[.?!:]*$)` : '';
  const numeral = label.length > 1 ? label.toUpperCase() : label;
  const alone = new RegExp(String.raw`(?<![\p{L}'’])(${label}|${numeral})(?![\p{L}'’])${article}`, 'u');
  return [question, ...choices].some((text) => alone.test(text));
}

export function hasDigit({ question, choices }: Pick<ChoiceRecord, 'question' | 'choices'>): boolean {
  return [question, ...choices].some((text) => /\p{N}/u.test(text));
}
