import { stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import {
  type FileState,
  isLfsPointerFile,
  lfsPointerError,
  resolveInside,
  stateBeforeReading,
} from '@shadow-gate/platform/files';

/** A pointer has three lines. */
const LFS_POINTER_BYTES = 1024;

interface ExternalFile {
  readonly file: string;
  readonly size: number;
  readonly state: FileState;
}

/** Finds files of external data. They must be inside the model's folder, links included: a model can be hostile. */
export class ExternalFiles {
  readonly #model: string;
  readonly #found = new Map<string, Promise<ExternalFile>>();

  /** @param model as the user gave it: a link's target may be in another folder */
  constructor(model: string) {
    this.#model = model;
  }

  /** @throws UserError for a missing file, and for a location outside of the folder */
  find(location: string): Promise<ExternalFile> {
    const known = this.#found.get(location);
    if (known !== undefined) return known;
    const finding = this.#locate(location);
    this.#found.set(location, finding);
    return finding;
  }

  async #locate(location: string): Promise<ExternalFile> {
    const path = location.replaceAll('\\', '/');
    const steps = path.split('/');
    if (path === '' || path.includes('\0') || posix.isAbsolute(path) || /^[a-z]:/i.test(path) || steps.includes('..')) {
      throw this.#outside(location);
    }
    const folder = dirname(this.#model);
    const file = join(folder, path);
    const real = await resolveInside(folder, path);
    if (real === null) {
      throw new UserError(
        `${file} is missing, which contains weights of ${this.#model}`,
        'download or export the complete model',
      );
    }
    const info = await stat(real);
    if (!info.isFile()) throw new UserError(`${file} is not a regular file`, 'download the model again');
    const state = await stateBeforeReading(real);
    if (info.size <= LFS_POINTER_BYTES && (await isLfsPointerFile(real))) throw lfsPointerError(file);
    return { file: real, size: Number(state.size), state };
  }

  #outside(location: string): UserError {
    return new UserError(
      `${this.#model} has weights outside of its folder: ${JSON.stringify(location.slice(0, 200))}`,
      'export it again, with its weights next to the model',
    );
  }
}
