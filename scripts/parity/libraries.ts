/** A library that could take the place of own code. */
export interface Library {
  readonly name: string;
  /** The first is the library, whose version is shown. */
  readonly packages: readonly string[];
  /** The record that says what has to be so before we move. */
  readonly decision: string;
}

export const LIBRARIES: readonly Library[] = [
  { name: 'tokenizers', packages: ['tokenizers'], decision: 'packages/language-model/decisions/015-tokenizers.md' },
  {
    name: 'jinja',
    packages: ['@huggingface/jinja'],
    decision: 'packages/language-model/decisions/016-chat-templates.md',
  },
  {
    name: 'minijinja',
    packages: ['minijinja-js'],
    decision: 'packages/language-model/decisions/016-chat-templates.md',
  },
  { name: 'gguf', packages: ['@huggingface/gguf'], decision: 'packages/checkpoints/decisions/017-gguf.md' },
  { name: 'pyodide', packages: ['pyodide'], decision: 'packages/python/decisions/022-python.md' },
];

/** Cases of one kind, and of how many of them a library gives what the original gives. */
export interface Tally {
  readonly what: string;
  readonly same: number;
  readonly all: number;
}

export function tally<T>(what: string, cases: readonly T[], isSame: (one: T) => boolean): Tally {
  return { what, same: cases.filter(isSame).length, all: cases.length };
}
