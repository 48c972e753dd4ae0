/** Breaks `text` at spaces into lines of at most `width` characters; longer words are split. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((word) => pieces(word, width))) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
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

/**
 * Breaks a command of a shell into lines that can be copied: each but the last ends with a backslash, and an option
 * stays with its value. A word is never broken, even if it is wider than `width`.
 */
export function wrapCommand(command: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of partsOf(command)) {
    const room = width - CONTINUATION.length - (lines.length === 0 ? 0 : INDENT.length);
    if (line === '') line = part;
    else if (line.length + 1 + part.length <= room) line += ` ${part}`;
    else {
      lines.push(line);
      line = part;
    }
  }
  lines.push(line);
  return lines.map((text, i) => `${i === 0 ? '' : INDENT}${text}${i < lines.length - 1 ? CONTINUATION : ''}`);
}

/** An option with the value after it is one part; any other word is one of its own. */
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
