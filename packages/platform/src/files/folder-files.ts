import { join } from 'node:path';
import { readFileBytes, type TextFileKind } from './read-text-file.ts';
import { openResolved, resolveInside } from './resolve-inside.ts';

/** A model folder's small files, each read once: all users get the same bytes. A new instance shows changes. */
export class FolderFiles {
  readonly path: string;
  readonly #read = new Map<string, Promise<Buffer | null>>();
  readonly #folders = new Map<string, FolderFiles>();

  /** @param path a folder that does not exist has no files */
  constructor(path: string) {
    this.path = path;
  }

  /** @returns null without the file @throws UserError if it leads out of the folder, is not regular, or too large */
  bytes(name: string): Promise<Buffer | null> {
    const open = async () => {
      const real = await resolveInside(this.path, name);
      return real === null ? null : readFileBytes(real, kindOf(name), join(this.path, name), openResolved);
    };
    const known = this.#read.get(name) ?? open();
    this.#read.set(name, known);
    return known;
  }

  async text(name: string): Promise<string | null> {
    return (await this.bytes(name))?.toString('utf8') ?? null;
  }

  /** @returns the path of the first file that was read, and has changed, appeared or vanished now; null without one */
  async changedFile(now: FolderFiles): Promise<string | null> {
    for (const [name, before] of this.#read) {
      const [was, is] = [await contentOf(before), await contentOf(now.bytes(name))];
      const isSame = Buffer.isBuffer(was) && Buffer.isBuffer(is) ? was.equals(is) : was === is;
      if (!isSame) return join(this.path, name);
    }
    return null;
  }

  /** A folder inside. Its files may not lead out of it. */
  inside(name: string): FolderFiles {
    const known = this.#folders.get(name) ?? new FolderFiles(join(this.path, name));
    this.#folders.set(name, known);
    return known;
  }
}

/** The bytes, or the reason why they cannot be read. */
function contentOf(read: Promise<Buffer | null>): Promise<Buffer | string | null> {
  return read.catch((error: Error) => error.message);
}

const VOCABULARY = /^(tokenizer\.json|vocab\.json|merges\.txt|tekken\.json|.*\.model(\.v\d.*)?)$/;

function kindOf(name: string): TextFileKind {
  if (VOCABULARY.test(name)) return 'tokenizer';
  if (name.endsWith('.index.json')) return 'index';
  return name.endsWith('.jinja') ? 'template' : 'config';
}
