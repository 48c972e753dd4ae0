import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

export function repository(...path: string[]): string {
  return join(root, ...path);
}

/** A small checkpoint of the repository; `make_fixtures.py` made it and its `expected.json`. */
export function fixture(...path: string[]): string {
  return repository('test', 'fixtures', ...path);
}

/** Larger checkpoints beside the repository, where they are; null elsewhere. */
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
