import { printable } from '../report/escape.ts';

/** Characters without a meaning in a shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word for a POSIX shell, safe to print: invisible characters become bytes (`$'\x1b'`, for bash and zsh). */
export function quoteShellWord(text: string): string {
  if (printable(text, text.length) !== text) return `$'${[...Buffer.from(text)].map(asByte).join('')}'`;
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function asByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9_./ -]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** A path as a word that is not taken for an option. */
export function shellPath(path: string): string {
  return quoteShellWord(path.startsWith('-') ? `./${path}` : path);
}

export function programWords(argv: readonly string[]): string {
  const [, script = ''] = argv;
  if (/(?:^|\/)node_modules\/\.bin\/[^/]+$/.test(script)) return 'npx shadow-gate';
  return /(?:^|\/)cli\.[jt]s$/.test(script) ? `node ${shellPath(script)}` : 'shadow-gate';
}
