/** A full stop after one of these ends no sentence. */
const ABBREVIATION =
  /(^|[\s(])(Mr|Mrs|Ms|Dr|Prof|St|No|Jr|Sr|vs|etc|approx|e\.g|i\.e|[ap]\.m|[AP]\.M|\p{Lu}(\.\p{Lu})*)\.$/u;

const LONGEST_ABBREVIATION = 10;

/** Where the sentences of an English text begin; some beginnings may be missed, after an abbreviation. */
export function sentenceStarts(text: string): number[] {
  const ends = [...text.matchAll(/[.!?]["”’')\]]*\s+(?=["“‘'([]?[\p{Lu}\p{N}$])/gu)];
  const starts = ends.flatMap(({ index, 0: end }) =>
    ABBREVIATION.test(text.slice(Math.max(0, index - LONGEST_ABBREVIATION), index + 1)) ? [] : [index + end.length],
  );
  return [0, ...starts];
}
