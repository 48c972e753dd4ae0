import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

export function repository(...path: string[]): string {
  return join(root, ...path);
}

/** Fixtures of the gate and of all packages, and those of one package each. */
const FIXTURES = [
  repository('test', 'fixtures'),
  ...readdirSync(repository('packages')).map((name) => repository('packages', name, 'test', 'fixtures')),
];

/**
 * A small checkpoint or answers of another library; a `make_….py` next to it made it.
 * @throws Error if there is none
 */
export function fixture(...path: string[]): string {
  const [name = '.'] = path;
  const folder = FIXTURES.find((one) => existsSync(join(one, name)));
  if (folder === undefined) throw new Error(`there is no fixture ${name}`);
  return join(folder, ...path);
}

/** Larger checkpoints next to the repository; null where they are not. */
export function shared(...path: string[]): string | null {
  const full = join(root, '..', 'shared', ...path);
  return existsSync(full) ? full : null;
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

const temporary: string[] = [];
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that goes when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shadow-gate-'));
  temporary.push(folder);
  return folder;
}
