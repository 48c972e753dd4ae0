/** Breaks `text` at spaces into lines of at most `width` characters; longer words are split. */
export function wrap(text: string, width: number): string[] {
  const words = text.split(' ').flatMap((word) => pieces(word, width));
  return linesOf(words, () => width).filter((line) => line !== '');
}

/** Joins words by spaces into lines. An empty line takes the next word as it is. */
function linesOf(words: readonly string[], roomOf: (line: number) => number): string[] {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || longer.length <= roomOf(lines.length - 1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  const points = Array.from(word);
  const count = Math.ceil(points.length / width);
  return Array.from({ length: count }, (_, i) => points.slice(i * width, (i + 1) * width).join(''));
}

/** One word for a shell, possibly with quoted spaces. */
const WORD = /(?:\\.|[^\s'\\]|'[^']*')+/g;

const CONTINUATION = ' \\';
const INDENT = '  ';

/** Lines to copy: all but the last end with a backslash, options keep their values, and no word is broken. */
export function wrapCommand(command: string, width: number): string[] {
  const lines = linesOf(partsOf(command), (i) => width - CONTINUATION.length - (i === 0 ? 0 : INDENT.length));
  return lines.map((text, i) => `${i === 0 ? '' : INDENT}${text}${i < lines.length - 1 ? CONTINUATION : ''}`);
}

/** An option and its value are one part. */
function partsOf(command: string): string[] {
  const parts: string[] = [];
  for (const word of command.match(WORD) ?? []) {
    const last = parts.at(-1);
    if (last !== undefined && /^--\S+$/.test(last) && !word.startsWith('--'))
      parts[parts.length - 1] = `${last} ${word}`;
    else parts.push(word);
  }
  return parts;
}
