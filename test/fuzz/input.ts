import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A symbolic link of an input. */
export class Link {
  readonly target: string;

  constructor(target: string) {
    this.target = target;
  }
}

/** What one run of a reader gets: files and links by name. A reader of one text or file has a single one, `input`. */
export type Input = Readonly<Record<string, Uint8Array | Link>>;

/** Text in a file next to the folder of an input: it must be in no error and in no result. */
export const SECRET = 'canary-7d1f4c';

/** Put an input into a folder, and nothing else. `../secret/` next to it has files that nothing may read. */
export function writeInput(input: Input, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(input)) {
    const path = join(folder, name);
    if (dirname(name) !== '.') mkdirSync(dirname(path), { recursive: true });
    if (content instanceof Link) symlinkSync(content.target, path);
    else writeFileSync(path, content);
  }
}

/** One file or text. */
export function single(content: string | Uint8Array): Input {
  return { input: typeof content === 'string' ? new TextEncoder().encode(content) : content };
}

/** The text of a single input, as a reader gets it from a file. */
export function textOf(input: Input): string {
  return new TextDecoder().decode(bytesOf(input));
}

export function bytesOf(input: Input, name = 'input'): Uint8Array {
  const content = input[name];
  if (!(content instanceof Uint8Array)) throw new Error(`the input has no file ${name}`);
  return content;
}
