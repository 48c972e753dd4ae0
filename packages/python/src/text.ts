/** White space of `str.isspace`, for a character class: not that of `\s` in JavaScript. */
export const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const LEADING = new RegExp(`^[${SPACE}]+`, 'u');
const ONLY_SPACE = new RegExp(`^[${SPACE}]+$`, 'u');

/** `string.punctuation` of Python. */
export const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** `str.strip`, `str.lstrip` and `str.rstrip` of Python, without an argument. */
export const strip = (text: string): string => stripStart(stripEnd(text));
export const stripStart = (text: string): string => text.replace(LEADING, '');
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** `str.isspace` of Python. */
export const isSpace = (text: string): boolean => ONLY_SPACE.test(text);
