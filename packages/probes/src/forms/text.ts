import type { Wording } from '../item.ts';
import type { ChoiceRecord } from './question.ts';

/** How GPT-4's tokenizer splits text before it merges (cl100k_base): about one piece per token in plain English. */
const PIECES = /'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+/giu;

/** The approximate length of a text in tokens, without the tokenizer of any model. */
export function pieceCount(text: string): number {
  return text.match(PIECES)?.length ?? 0;
}

/** Twins may differ this much in length from the benchmark form: a longer prompt is harder by itself. */
const LENGTH_TOLERANCE = 0.1;

/**
 * The first shuffled wording within 10% of the benchmark's pieces. `fallback`: the closest, or the first, since the
 * closest of long wordings is always the shortest.
 */
export function matchLength(
  benchmark: Wording,
  wordings: readonly Wording[],
  { fallback = 'closest' }: { readonly fallback?: 'closest' | 'first' } = {},
): Wording {
  const length = pieceCount(benchmark.prompt);
  const distance = ({ prompt }: Wording) => Math.abs(pieceCount(prompt) - length) / length;
  const closer = (best: Wording, wording: Wording) => (distance(wording) < distance(best) ? wording : best);
  const fitting = wordings.find((wording) => distance(wording) <= LENGTH_TOLERANCE);
  return fitting ?? wordings.reduce(fallback === 'first' ? (first) => first : closer);
}

/** A period after one of these does not end a sentence. */
const ABBREVIATION =
  /(^|[\s(])(Mr|Mrs|Ms|Dr|Prof|St|No|Jr|Sr|vs|etc|approx|e\.g|i\.e|[ap]\.m|[AP]\.M|\p{Lu}(\.\p{Lu})*)\.$/u;

const LONGEST_ABBREVIATION = 10;

/** Offsets of the sentences of an English text. One after an abbreviation may be missed. */
export function sentenceStarts(text: string): number[] {
  const ends = [...text.matchAll(/[.!?]["”’')\]]*\s+(?=["“‘'([]?[\p{Lu}\p{N}$])/gu)];
  const starts = ends.flatMap(({ index, 0: end }) =>
    ABBREVIATION.test(text.slice(Math.max(0, index - LONGEST_ABBREVIATION), index + 1)) ? [] : [index + end.length],
  );
  return [0, ...starts];
}

/** A blank at the end, to fill in: `is called ______.` */
const BLANK = /_{2,}\s?[.?!]?$/;
/** A search for a blank that starts at each of a million underscores takes hours. */
const LONGEST_BLANK = 100;

/** Words that cannot end a sentence, so the answer completes it. */
const OPEN_END =
  /(^|[\s(])(is|are|was|were|be|been|being|a|an|a\(n\)|the|of|to|in|on|at|by|as|for|from|with|into|about|approximately|than|then|when|because|that|it|called|termed|EXCEPT|except)$|[\p{L}”"’')],$/u;

/** Questions and tasks, even if their last word looks open: "What is it called", "Name one of the". */
const WHOLE =
  /^(what|which|who|whom|whose|why|how|is|are|was|were|do|does|did|can|could|should|would|will|find|write|solve|name|choose|select|identify|give|fill)\b/i;

/** The sentence that a choice completes ("The process is called"), without a final blank; null if in doubt. */
export function questionStem(question: string): string | null {
  const start = Math.max(0, question.length - LONGEST_BLANK);
  const stem = (question.slice(0, start) + question.slice(start).replace(BLANK, '')).trimEnd();
  if (stem === '' || stem.includes('__')) return null;
  if (WHOLE.test(sentencesOf(stem).at(-1) ?? '')) return null;
  return stem !== question || OPEN_END.test(stem) ? stem : null;
}

const sentencesOf = (text: string): string[] => text.split(/(?<=[.?!:])\s+|\n+/);

/** The end of a finished sentence, or of an expression to compute. */
const FINISHED = /([.?!:;]["”’')\]]*|\p{N})$/u;

/** The stem for a prompt without choices: an unfinished sentence is one too ("The first stage exhibits"). */
export function continuableStem(question: string): string | null {
  const stem = questionStem(question);
  if (stem !== null) return stem;
  const isTask = /\?|__/.test(question) || sentencesOf(question).some((sentence) => WHOLE.test(sentence));
  return isTask || FINISHED.test(question) ? null : question;
}

/** `All of the above`, `none of these`, `both of them`, `neither`. */
const OF_OTHERS =
  /^(all|none|both|neither|either|any|two|three|more than one|only one)( ((of )?(the )?)?(above|below|these|those|them|others?|options|choices|answers|statements|foregoing|preceding)( (above|below|options|choices|answers|statements))*)?[.!]?$/i;
const OF_ABOVE =
  /\b(of|the|are|is) (above|foregoing|preceding|other (options|choices|answers))\b|\b(above|other|previous|these|those) (options?|choices?|answers?|statements?)\b/i;
/** `Both A and B`, `A & C only`, `either B or D`, `options 1 and 3`. */
const OF_LETTERS =
  /\b(both|either|neither|option|options|choice|choices|answer|answers|only)\s+\(?[A-H1-9]\)?(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])\(?[A-H]\)?\s*(,|and|or|&|nor)\s*\(?[A-H]\)?(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])[A-H]\)?,? only\b/u;

/** Whether a choice refers to others. Then the choices must keep their order and their labels. */
export function choicesReferToOthers({ choices }: Pick<ChoiceRecord, 'choices'>): boolean {
  return choices.some((choice) => [OF_OTHERS, OF_ABOVE, OF_LETTERS].some((pattern) => pattern.test(choice)));
}

/** Whether the question refers to the letters or the order of its choices. */
export function questionRefersToLabels({ question }: Pick<ChoiceRecord, 'question'>): boolean {
  return /\b(options?|choices?|answers?) \(?[A-H]\)?(?![\p{L}\p{N}])|\b(first|second|third|last) (option|choice|answer)\b|\blabell?ed\b/u.test(
    question,
  );
}

/** Whether the choices must come after the question. */
export function pointsForward(question: string): boolean {
  return /\b(following|below|these|given)\b/i.test(question);
}

/** Whether it has something like the label: a variable `x`, part `(ii)` or `II`, point `p`; not an article `a`. */
export function mentionsLabel({ question, choices }: ChoiceRecord, label: string): boolean {
  const article = label === 'a' ? String.raw`(?! \p{L}|\(n\)|[.?!:]*$)` : '';
  const numeral = label.length > 1 ? label.toUpperCase() : label;
  const alone = new RegExp(String.raw`(?<![\p{L}'’])(${label}|${numeral})(?![\p{L}'’])${article}`, 'u');
  return [question, ...choices].some((text) => alone.test(text));
}

export function hasDigit({ question, choices }: Pick<ChoiceRecord, 'question' | 'choices'>): boolean {
  return [question, ...choices].some((text) => /\p{N}/u.test(text));
}

export function comparableText(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
