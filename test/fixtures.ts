import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'shadow-gate-'));
}
