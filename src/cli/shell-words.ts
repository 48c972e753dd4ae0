import { printable } from '../report/escape.ts';

/** What no shell gives a meaning. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * A word as a shell of the POSIX family reads it back, safe to print: what a terminal would carry out, or a reader
 * cannot see, is written as bytes (`$'\x1b'`, as bash and zsh read it).
 */
export function quoteShellWord(text: string): string {
  if (printable(text, text.length) !== text) return `$'${[...Buffer.from(text)].map(asByte).join('')}'`;
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function asByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_./ -]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** The same for a path, which must not be taken for an option. */
export function shellPath(path: string): string {
  return quoteShellWord(path.startsWith('-') ? `./${path}` : path);
}

/** How this program was started, to start it again. */
export function programWords(argv: readonly string[]): string {
  const [, script = ''] = argv;
  if (/(?:^|\/)node_modules\/\.bin\/[^/]+$/.test(script)) return 'npx shadow-gate';
  return /(?:^|\/)cli\.[jt]s$/.test(script) ? `node ${shellPath(script)}` : 'shadow-gate';
}
