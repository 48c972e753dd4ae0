import { join } from 'node:path';
import { readFileBytes, type TextFileKind } from './read-text-file.ts';
import { openResolved, resolveInside } from './resolve-inside.ts';

/**
 * The small files of a model's folder: configurations, tokenizer, templates. Each is opened once, when it is first
 * needed, and all get the same bytes: what is described is what is used. To see whether a file has changed, make
 * another one.
 */
export class FolderFiles {
  readonly path: string;
  readonly #read = new Map<string, Promise<Buffer | null>>();
  readonly #folders = new Map<string, FolderFiles>();

  /** @param path of a folder, which need not exist: then it has no files */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * A whole file.
   * @param name relative to the folder
   * @returns null if there is none
   * @throws UserError for one that leads out of the folder, is no regular file, or is too large for its kind
   */
  bytes(name: string): Promise<Buffer | null> {
    const known = this.#read.get(name) ?? this.#open(name);
    this.#read.set(name, known);
    return known;
  }

  async #open(name: string): Promise<Buffer | null> {
    const real = await resolveInside(this.path, name);
    return real === null ? null : readFileBytes(real, kindOf(name), join(this.path, name), openResolved);
  }

  /** The same as text. */
  async text(name: string): Promise<string | null> {
    return (await this.bytes(name))?.toString('utf8') ?? null;
  }

  /**
   * Read again what has been read, to see whether it is still the same.
   * @param now the same folder, opened anew
   * @returns the path of the first file that is not what it was, or was not there; null if there is none
   */
  async changedFile(now: FolderFiles): Promise<string | null> {
    for (const [name, before] of this.#read) {
      const [was, is] = [await contentOf(before), await contentOf(now.bytes(name))];
      const isSame = Buffer.isBuffer(was) && Buffer.isBuffer(is) ? was.equals(is) : was === is;
      if (!isSame) return join(this.path, name);
    }
    return null;
  }

  /** A folder inside, whose files may not lead out of that. */
  inside(name: string): FolderFiles {
    const known = this.#folders.get(name) ?? new FolderFiles(join(this.path, name));
    this.#folders.set(name, known);
    return known;
  }
}

/** What cannot be read is known by the reason. */
function contentOf(read: Promise<Buffer | null>): Promise<Buffer | string | null> {
  return read.catch((error: Error) => error.message);
}

const VOCABULARY = /^(tokenizer\.json|vocab\.json|merges\.txt|tekken\.json|.*\.model(\.v\d.*)?)$/;

function kindOf(name: string): TextFileKind {
  if (VOCABULARY.test(name)) return 'tokenizer';
  if (name.endsWith('.index.json')) return 'index';
  return name.endsWith('.jinja') ? 'template' : 'config';
}
