import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { UserError } from '../../platform/user-error.ts';
import { LFS_MAGIC, lfsPointerError } from '../git-lfs.ts';

/** A pointer is three lines. */
const LFS_POINTER_BYTES = 1024;

/** A file beside a model, whose bytes its tensors may lie in. */
export interface ExternalFile {
  readonly file: string;
  readonly size: number;
}

/**
 * Finds the files of external data. A location is relative to the model's folder and stays inside it: a model from a stranger
 * must not have other files read. The file itself may be a link, as the Hugging Face cache lays them.
 */
export class ExternalFiles {
  readonly #model: string;
  readonly #found = new Map<string, Promise<ExternalFile>>();

  /** @param model path of the model as it was given: beside the target of a link nothing has its name */
  constructor(model: string) {
    this.#model = model;
  }

  /** @throws UserError for a location outside of the folder and for a file that is missing */
  at(location: string): Promise<ExternalFile> {
    const known = this.#found.get(location);
    if (known) return known;
    const finding = this.#find(location);
    this.#found.set(location, finding);
    return finding;
  }

  async #find(location: string): Promise<ExternalFile> {
    const path = location.replaceAll('\\', '/');
    const steps = path.split('/');
    if (path === '' || path.includes('\0') || posix.isAbsolute(path) || /^[a-z]:/i.test(path) || steps.includes('..')) {
      throw this.#escapes(location);
    }
    const folder = dirname(this.#model);
    const file = join(folder, path);
    const missing = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      throw new UserError(
        `${file} is missing, which ${this.#model} keeps weights in`,
        'put it beside the model: download or export the whole model',
      );
    };
    const [inside, root] = await Promise.all([realpath(dirname(file)), realpath(folder)]).catch(missing);
    const way = relative(root, inside);
    if (way === '..' || way.startsWith(`..${sep}`)) throw this.#escapes(location);
    const real = await realpath(file).catch(missing);
    const info = await stat(real);
    if (!info.isFile()) throw new UserError(`${file} is not a regular file`, 'download the model again');
    if (info.size <= LFS_POINTER_BYTES && (await readFile(real, 'latin1')).startsWith(LFS_MAGIC)) {
      throw lfsPointerError(file);
    }
    return { file: real, size: info.size };
  }

  #escapes(location: string): UserError {
    return new UserError(
      `${this.#model} keeps weights outside of its folder: ${JSON.stringify(location.slice(0, 200))}`,
      'only files beside the model are read: export it again',
    );
  }
}
