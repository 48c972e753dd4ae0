import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository: where the fuzzers are started, and where tests run. */
const ROOT = process.cwd();

const read = new Map<string, Uint8Array>();

/** The bytes of a file of the repository: a copy for everybody who asks. */
export function seedBytes(...path: string[]): Uint8Array {
  const file = join(ROOT, ...path);
  const known = read.get(file) ?? new Uint8Array(readFileSync(file));
  read.set(file, known);
  return known.slice();
}

export function seedText(...path: string[]): string {
  return readFileSync(join(ROOT, ...path), 'utf8');
}

export function seedJson(...path: string[]): unknown {
  return JSON.parse(seedText(...path));
}

/** Seeds that `scripts/fuzz-seeds.ts` made. */
export const madeSeed = (name: string): unknown => seedJson('test/fuzz/seeds', name);
