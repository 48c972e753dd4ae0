/** A regular expression, with the flag `g`, that finds a string. @throws Error for the empty one */
export function fromString(text: string): RegExp {
  if (text === '') throw new Error('a pattern is empty');
  const escaped = [...text].map((character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return new RegExp(escaped.join(''), 'gu');
}
