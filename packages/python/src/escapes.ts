/** The meaning of a character behind a backslash in a text literal of Python; a line end is dropped. */
export const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Number of hexadecimal digits behind the letter. */
export const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
