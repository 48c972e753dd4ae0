import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import os from 'node:os';
import { join, relative, sep } from 'node:path';

/** The part of a machine that the set-up of CUDA uses. Tests replace it. */
export interface Machine {
  readonly platform: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly isRoot: boolean;
  readonly files: Files;
  /** Run a program. @returns its output; null if it does not exist, or does not end with code 0 */
  readonly run: (program: string, args: readonly string[]) => Promise<string | null>;
  readonly fetch: typeof fetch;
  /** Load a shared library into this process for good. @throws the reason if that fails */
  readonly loadLibrary: (path: string) => void;
}

/** A file system, or a folder that stands for one. Paths are absolute on that machine. */
export class Files {
  readonly #root: string;

  /** @param root the folder that is `/` */
  constructor(root = '/') {
    this.#root = root;
  }

  /** The path on the real file system. */
  host(path: string): string {
    return join(this.#root, path);
  }

  /** @returns null for a file that cannot be read */
  readText(path: string): Promise<string | null> {
    return readFile(this.host(path), 'utf8').catch(() => null);
  }

  /** Names in a folder, sorted; none if it cannot be read. */
  async names(folder: string): Promise<string[]> {
    return (await readdir(this.host(folder)).catch(() => [])).sort();
  }

  has(path: string): Promise<boolean> {
    return this.#can(path, constants.F_OK);
  }

  canReadAndWrite(path: string): Promise<boolean> {
    return this.#can(path, constants.R_OK | constants.W_OK);
  }

  #can(path: string, mode: number): Promise<boolean> {
    return access(this.host(path), mode).then(
      () => true,
      () => false,
    );
  }

  /** A path with its links resolved; null if it does not exist. */
  async realPath(path: string): Promise<string | null> {
    const [real, root] = await Promise.all([realpath(this.host(path)), realpath(this.#root)]).catch(() => [null, null]);
    return real === null || root === null ? null : `/${relative(root, real).split(sep).join('/')}`;
  }
}

const PROGRAM_MILLISECONDS = 60_000;

export function thisMachine(): Machine {
  return {
    platform: `${process.platform}-${process.arch}`,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    files: new Files(),
    run: (program, args) =>
      new Promise((resolve) => {
        execFile(program, args, { timeout: PROGRAM_MILLISECONDS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout) =>
          resolve(error ? null : stdout),
        );
      }),
    fetch,
    loadLibrary,
  };
}

/** The library stays when its handle is closed (dlfcn.h). Node has no name for it. */
const RTLD_NODELETE = 0x1000;

/**
 * Node loads the library, finds no add-on in it, throws and closes the handle. With RTLD_NODELETE the library stays for
 * all that need its SONAME, without a search path or second process.
 */
function loadLibrary(path: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = os.constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    if (!/did not self-register/.test((error as Error).message)) throw error;
  }
}
