/** Spaces before punctuation and contractions, as transformers removes them after decoding. */
const CLEANED: ReadonlyArray<readonly [from: string, to: string]> = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

export function cleanUpSpaces(text: string): string {
  return CLEANED.reduce((done, [from, to]) => done.replaceAll(from, to), text);
}
